import math

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from tests.unit.decode.headers import header
from triage.decode import tags


def test_text_is_the_first_value_without_padding() -> None:
    assert tags.text(header(ImageType=["ORIGINAL ", "PRIMARY"]), "ImageType") == "ORIGINAL"


def test_an_absent_and_an_empty_value_read_alike() -> None:
    assert tags.text(header(PatientSex=""), "PatientSex") == ""
    assert tags.text(header(), "PatientSex") == ""


def test_only_finite_numbers_are_numbers() -> None:
    film = header(WindowCenter=["512", "1e400", "40"])

    assert tags.numbers(film, "WindowCenter") == (512.0, 40.0)


def test_a_value_that_cannot_be_converted_is_absent() -> None:
    film = _with_raw("Rows", b"\x01\x02\x03")

    assert tags.whole(film, "Rows", default=7) == 7


def test_a_first_value_that_cannot_be_converted_is_no_number_and_an_absent_one_none() -> None:
    film = _with_raw("RescaleSlope", b"abc ", "DS")

    first = tags.first(film, "RescaleSlope")

    assert first is not None
    assert math.isnan(first)
    assert tags.first(film, "RescaleIntercept") is None


def test_what_is_no_sequence_has_no_items() -> None:
    assert tags.items(header(), "ViewPosition") == ()


def _with_raw(keyword: str, value: bytes, vr: str = "US") -> Dataset:
    tag = Tag(keyword)
    raw = RawDataElement(tag, vr, len(value), value, 0, is_implicit_VR=False, is_little_endian=True)
    return Dataset({tag: raw})
