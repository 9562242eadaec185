import pytest

from tests.unit.decode.headers import film
from triage.decode.geometry import MAX_PIXELS, assumed, check_pixels, geometry
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm


def test_the_image_pixel_module_is_read() -> None:
    found = geometry(film())

    assert (found.rows, found.columns, found.bits_stored, found.signed) == (64, 64, 12, False)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("Rows", 0),
        ("Columns", 0),
        ("SamplesPerPixel", 0),
        ("BitsAllocated", 32),
        ("BitsAllocated", 1),
        ("BitsStored", 17),
        ("BitsStored", 0),
        ("HighBit", 16),
        ("HighBit", 3),
    ],
)
def test_a_description_that_contradicts_itself_is_unreadable(keyword: str, value: int) -> None:
    dataset = film()
    setattr(dataset, keyword, value)

    with pytest.raises(UnassessableFilm) as refused:
        geometry(dataset)

    assert refused.value.refusal.code is RefusalCode.UNREADABLE


@pytest.mark.parametrize(
    ("keyword", "note"),
    [
        ("SamplesPerPixel", "samples per pixel absent: 1 assumed"),
        ("HighBit", "high bit absent: Bits Stored - 1 assumed"),
        ("PixelRepresentation", "pixel representation absent: 0 assumed"),
    ],
)
def test_what_the_header_does_not_tell_is_assumed_and_noted(keyword: str, note: str) -> None:
    dataset = film()
    delattr(dataset, keyword)

    assert geometry(dataset) == geometry(film())
    assert assumed(dataset) == (note,)


def test_a_pixel_representation_that_does_not_exist_is_unsigned_and_noted() -> None:
    dataset = film()
    dataset.PixelRepresentation = 2

    assert not geometry(dataset).signed
    assert assumed(dataset) == ("pixel representation unknown: 0 assumed",)


@pytest.mark.parametrize("representation", [0, 1])
def test_of_a_complete_header_nothing_is_assumed(representation: int) -> None:
    dataset = film()
    dataset.PixelRepresentation = representation

    assert assumed(dataset) == ()


def test_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    dataset = film()
    dataset.Rows = dataset.Columns = 65535

    with pytest.raises(UnassessableFilm) as refused:
        geometry(dataset)

    assert refused.value.refusal.code is RefusalCode.TOO_LARGE


def test_the_largest_picture_is_allowed() -> None:
    check_pixels(MAX_PIXELS)
