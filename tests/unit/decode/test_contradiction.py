import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import JPEG2000Lossless

from tests.unit.decode.headers import GRADIENT, film
from triage.decode.contradiction import stream, unused_bits, unused_range
from triage.decode.geometry import Geometry, geometry
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm

SIGNED = GRADIENT.astype(np.int16) - 2048


def layout(**changes: object) -> Geometry:
    return geometry(film(**changes))


def beside(words: NDArray[np.generic], dataset: Dataset | None = None) -> tuple[str, ...]:
    found = dataset or film(words)
    return unused_bits(found, geometry(found), words)


def refusal_of(words: NDArray[np.generic], dataset: Dataset | None = None) -> RefusalCode:
    with pytest.raises(UnassessableFilm) as refused:
        beside(words, dataset)
    return refused.value.refusal.code


def test_fourteen_bits_in_a_twelve_bit_tag_are_refused() -> None:
    assert refusal_of(GRADIENT * 4) is RefusalCode.CONTRADICTION


def test_bits_below_the_stored_ones_are_refused() -> None:
    dataset = film()
    dataset.HighBit = 15

    assert refusal_of(GRADIENT, dataset) is RefusalCode.CONTRADICTION


@pytest.mark.parametrize("words", [GRADIENT, SIGNED, SIGNED & 0x0FFF])
def test_zeros_and_the_repeated_sign_are_no_contradiction(words: NDArray[np.generic]) -> None:
    assert beside(words, film(words)) == ()


def test_a_sign_repeated_above_a_higher_high_bit_is_no_contradiction() -> None:
    dataset = film(SIGNED)
    dataset.HighBit = 13

    assert beside(SIGNED << 2, dataset) == ()


def test_signed_values_beyond_the_stored_bits_are_refused() -> None:
    assert refusal_of(SIGNED * 4, film(SIGNED)) is RefusalCode.CONTRADICTION


def test_a_filling_that_all_pixels_have_is_noted() -> None:
    assert beside(GRADIENT | 0xF000) == ("unused bits are set",)


def test_a_declared_overlay_plane_may_use_a_bit() -> None:
    dataset = film()
    dataset.add_new(0x60000102, "US", 12)

    assert beside(GRADIENT | (GRADIENT & 1) << 12, dataset) == ()


def test_an_overlay_with_data_of_its_own_uses_no_bit() -> None:
    dataset = film()
    dataset.add_new(0x60000102, "US", 12)
    dataset.add_new(0x60003000, "OW", bytes(512))

    assert refusal_of(GRADIENT | (GRADIENT & 1) << 12, dataset) is RefusalCode.CONTRADICTION


@pytest.mark.parametrize(
    ("stored", "bits", "notes"),
    [
        (GRADIENT, 12, ()),
        (GRADIENT, 13, ()),
        (GRADIENT, 14, ("values use 12 of 14 bits stored",)),
        (GRADIENT, 16, ("values use 12 of 16 bits stored",)),
        (SIGNED, 12, ()),
        (SIGNED, 14, ("values use 12 of 14 bits stored",)),
    ],
)
def test_bits_that_no_value_uses_are_noted(
    stored: NDArray[np.generic], bits: int, notes: tuple[str, ...]
) -> None:
    found = geometry(film(stored, BitsStored=bits))

    assert unused_range(found, stored) == notes


def jpeg_2000(values: NDArray[np.generic]) -> bytes:
    dataset = film(values)
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def test_a_stream_as_the_header_says_is_met() -> None:
    assert stream(jpeg_2000(GRADIENT), layout(), GRADIENT) == ()


def test_a_stream_without_a_precision_is_met() -> None:
    assert stream(b"\0\0", layout(), GRADIENT) == ()


def test_a_stream_of_fewer_bits_is_noted() -> None:
    found = stream(jpeg_2000(GRADIENT), layout(BitsStored=14), GRADIENT)

    assert found == ("compressed picture has 12 bits, 14 stored",)


def test_a_stream_of_more_bits_than_allocated_is_refused() -> None:
    narrow = geometry(film(GRADIENT.astype(np.uint8), BitsStored=8))

    with pytest.raises(UnassessableFilm, match="12 bits, Bits Allocated is 8"):
        stream(jpeg_2000(GRADIENT), narrow, GRADIENT)


def test_a_sign_that_changes_values_is_refused() -> None:
    with pytest.raises(UnassessableFilm, match="the compressed picture is signed"):
        stream(jpeg_2000(SIGNED), layout(), GRADIENT)


def test_a_sign_that_changes_no_value_is_noted() -> None:
    low = GRADIENT // 2

    assert stream(jpeg_2000(low.astype(np.int16)), layout(), low) == (
        "compressed picture contradicts pixel representation",
    )
