import io

import pytest
from pydicom.filereader import read_dataset

from triage.encode.elements import Attributes, Fragment, ascii_text, encode_attributes


def test_elements_stand_in_the_order_of_their_tags() -> None:
    encoded = encode_attributes({"PatientID": "P", "Modality": "OT"})

    assert encoded == b"\x08\x00\x60\x00CS\x02\x00OT\x10\x00\x20\x00LO\x02\x00P "


def test_uids_and_bytes_are_padded_with_zero() -> None:
    encoded = encode_attributes({"SOPInstanceUID": "1.2"})

    assert encoded.endswith(b"UI\x04\x001.2\0")


def test_bytes_that_are_no_text_in_any_character_set_stay_as_they_are() -> None:
    assert encode_attributes({"PatientName": b"\xff\xfe\x1b$"}).endswith(b"\xff\xfe\x1b$")


def test_integers_take_the_size_of_their_value_representation() -> None:
    assert encode_attributes({"Rows": 258}) == b"\x28\x00\x10\x00US\x02\x00\x02\x01"


def test_items_are_read_back_by_pydicom() -> None:
    code: Attributes = {"CodeValue": "1", "CodingSchemeDesignator": "DCM"}
    sequence: Attributes = {"SourceImageSequence": [{"PurposeOfReferenceCodeSequence": [code]}]}

    read = read_dataset(
        io.BytesIO(encode_attributes(sequence)), is_implicit_VR=False, is_little_endian=True
    )

    assert read.SourceImageSequence[0].PurposeOfReferenceCodeSequence[0].CodeValue == "1"


def test_a_value_too_long_for_its_length_field_becomes_unknown() -> None:
    encoded = encode_attributes({"PatientComments": b"x" * 70_000})

    assert encoded[4:12] == b"UN\0\0" + (70_000).to_bytes(4, "little")


def test_a_prefix_stands_before_the_elements() -> None:
    assert encode_attributes({"Modality": "OT"}, prefix=b"DICM").startswith(b"DICM\x08\x00")


def test_an_unknown_keyword_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="NoSuchKeyword"):
        encode_attributes({"NoSuchKeyword": ""})


def test_text_of_ours_is_ascii_of_limited_length() -> None:
    assert ascii_text("médiastin élargi", 10) == "m?diastin "


def test_a_frame_has_an_empty_offset_table_and_no_length_of_its_own() -> None:
    encoded = encode_attributes({"PixelData": Fragment(b"abcd")})

    table, item, end = "feff00e000000000", "feff00e004000000", "feffdde000000000"
    head = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff"
    assert encoded == head + bytes.fromhex(table + item) + b"abcd" + bytes.fromhex(end)
