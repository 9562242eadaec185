"""Encoded objects on their way out."""

from io import BytesIO
from pathlib import Path

import pytest
from pynetdicom.dsutils import decode

from tests.builders.dataset import BIG_ENDIAN, CR, IMPLICIT, encoded, film_dataset, part10
from tests.builders.studies import EXPLICIT, FILM
from triage.domain.errors import DeliveryParked
from triage.encode.elements import encode_attributes
from triage.send.stored import stored_object


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return part10(tmp_path, encoded(film_dataset()))


def test_an_object_is_known_by_its_meta_header(file: Path) -> None:
    stored = stored_object(file)

    assert (stored.sop_class_uid, stored.sop_instance_uid) == (CR, FILM)
    assert stored.transfer_syntax_uid == EXPLICIT


def test_its_own_syntax_is_proposed_first_and_each_in_a_context_of_its_own(file: Path) -> None:
    proposals = stored_object(file).proposals

    assert [one.transfer_syntaxes for one in proposals] == [(EXPLICIT,), (IMPLICIT,)]


def test_its_own_bytes_are_sent_where_they_may_be(file: Path) -> None:
    assert stored_object(file).data_set(EXPLICIT) == encoded(film_dataset())


def test_the_fall_back_is_the_same_object_in_the_other_syntax(file: Path) -> None:
    data_set = stored_object(file).data_set(IMPLICIT)

    assert decode(BytesIO(data_set), is_implicit_vr=True, is_little_endian=True) == film_dataset()


def test_a_name_leaves_as_it_came_in_the_fall_back_too(tmp_path: Path) -> None:
    name = b"Wang^\xff\xfe=="
    contents = encode_attributes({"SpecificCharacterSet": "GB18030", "PatientName": name})

    assert stored_object(part10(tmp_path, contents)).data_set(IMPLICIT).endswith(name + b" ")


def test_there_is_no_other_fall_back(file: Path) -> None:
    with pytest.raises(ValueError, match="no data set in"):
        stored_object(file).data_set(BIG_ENDIAN)


DAMAGES = [(b"\x02\x00\x00\x00UL", 6, b"\x03\x00"), (b"\x02\x00\x02\x00UI", 4, b"\x55\x84")]


@pytest.mark.parametrize(("element", "offset", "damage"), DAMAGES, ids=["length", "VR"])
def test_a_damaged_meta_header_is_a_reason_to_park(
    file: Path, element: bytes, offset: int, damage: bytes
) -> None:
    contents = bytearray(file.read_bytes())
    at = contents.index(element) + offset
    contents[at : at + 2] = damage
    file.write_bytes(contents)

    with pytest.raises(DeliveryParked, match="the stored object cannot be read"):
        stored_object(file)
