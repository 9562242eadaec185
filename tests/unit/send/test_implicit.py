"""Implicit VR Little Endian: the same values, byte for byte, in another frame."""

import struct
from io import BytesIO

import pytest
from pynetdicom.dsutils import decode, encode

from triage.encode.elements import Attributes, encode_attributes
from triage.send.implicit import implicit_from_explicit

NAMES = [
    (rb"\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
    (rb"ISO 2022 IR 13\ISO 2022 IR 87", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J"),
    (rb"\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7\x1b(B"),
    (b"GB18030", "Wang^XiaoDong=王^小东=".encode("gb18030")),
    (b"GB18030", b"Wang^\xff\xfe"),
    (b"ISO_IR 100", b"\xcd\xf5^\xd0\xa1=="),
    (b"of no standard", b"\xff\x00^^^^  "),
]


def elements_of(contents: bytes) -> dict[tuple[int, int], bytes]:
    """Return the raw values of an Implicit VR data set, sequences as they are."""
    found, at = {}, 0
    while at < len(contents):
        group, element, length = struct.unpack_from("<HHI", contents, at)
        found[group, element] = contents[at + 8 : at + 8 + length]
        at += 8 + length
    return found


def film(character_set: bytes, name: bytes) -> bytes:
    return encode_attributes({"SpecificCharacterSet": character_set, "PatientName": name})


def padded(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


@pytest.mark.parametrize(("character_set", "name"), NAMES)
def test_a_name_of_any_bytes_is_the_same(character_set: bytes, name: bytes) -> None:
    found = elements_of(implicit_from_explicit(film(character_set, name)))

    assert found == {(0x0008, 0x0005): padded(character_set), (0x0010, 0x0010): padded(name)}


@pytest.mark.parametrize(("character_set", "name"), [NAMES[2], NAMES[5]])
def test_a_name_that_is_decoded_and_encoded_anew_would_be_noticed(
    character_set: bytes, name: bytes
) -> None:
    contents = BytesIO(film(character_set, name))
    read = decode(contents, is_implicit_vr=False, is_little_endian=True)
    str(read.PatientName)
    anew = encode(read, is_implicit_vr=True, is_little_endian=True)

    assert elements_of(anew or b"")[0x0010, 0x0010] != padded(name)


DEEP: Attributes = {
    "ReferencedStudySequence": [{"ReferencedSOPInstanceUID": "2.25.1"}, {}],
    "ProcedureCodeSequence": [
        {"CodeMeaning": b"\xff", "EquivalentCodeSequence": [{"CodeValue": b"A="}]}
    ],
    "ReasonForVisitCodeSequence": [],
    "Rows": 2,
    "ImageComments": bytes(range(32, 127)) * 99,
}


def test_sequences_and_their_items_are_the_same() -> None:
    contents = encode_attributes(DEEP)

    found = implicit_from_explicit(contents)

    read = decode(BytesIO(found), is_implicit_vr=True, is_little_endian=True)
    assert read == decode(BytesIO(contents), is_implicit_vr=False, is_little_endian=True)
    assert b"\x08\x00\x04\x01\x02\x00\x00\x00\xff " in found
    assert b"\x08\x00\x00\x01\x02\x00\x00\x00A=" in found


def test_pixels_are_the_same() -> None:
    pixels = bytes(range(256)) * 300

    found = elements_of(implicit_from_explicit(encode_attributes({"PixelData": pixels})))

    assert found == {(0x7FE0, 0x0010): pixels}


def test_a_value_that_is_too_long_for_its_vr_is_the_same() -> None:
    name = b"x" * 70_000

    assert elements_of(implicit_from_explicit(film(b"ISO_IR 100", name)))[0x0010, 0x0010] == name


@pytest.mark.parametrize("length", [1, 7, 9, 14, 20, 31, 40])
def test_a_data_set_that_is_cut_is_none(length: int) -> None:
    contents = encode_attributes({"ReferencedStudySequence": [{"StudyID": "1234"}], "Rows": 1})

    with pytest.raises(ValueError, match="cut short"):
        implicit_from_explicit(contents[:length])


def test_a_length_that_is_not_given_is_not_guessed() -> None:
    contents = struct.pack("<HH2sxxI", 0x0008, 0x1110, b"SQ", 0xFFFFFFFF)

    with pytest.raises(ValueError, match="cut short"):
        implicit_from_explicit(contents)
