import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from triage.decode import picture
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def encoded(pixels: NDArray[np.generic], kind: str = "PNG", mode: str | None = None) -> bytes:
    image, file = Image.fromarray(pixels), io.BytesIO()
    (image.convert(mode) if mode else image).save(file, kind)
    return file.getvalue()


def refusal_of(content: bytes) -> RefusalCode:
    with pytest.raises(UnassessableFilm) as refused:
        picture.film(content)
    return refused.value.refusal.code


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_eight_bits_are_shown_as_they_are_in_every_gray_dress(mode: str) -> None:
    film = picture.film(encoded(RAMP, mode=mode))

    assert np.allclose(film.render() * 255, RAMP, atol=0.01)


def test_a_gray_jpeg_is_a_film() -> None:
    film = picture.film(encoded(RAMP, "JPEG"))

    assert film.shape == (16, 16)
    assert film.notes == ("view unknown", "age unknown")


def test_sixteen_bits_are_shown_by_their_histogram() -> None:
    film = picture.film(encoded(RAMP.astype(np.uint16) * 8))

    assert film.stored.dtype == np.uint16
    assert film.render()[[0, 15], [0, 15]].tolist() == [0, 1]


def test_a_colour_picture_is_refused() -> None:
    assert refusal_of(encoded(np.dstack([RAMP, RAMP.T, RAMP]))) is RefusalCode.COLOR


def test_a_huge_picture_is_refused_by_its_header() -> None:
    huge = np.broadcast_to(np.uint8(0), (10_001, 10_001))

    assert refusal_of(encoded(huge)) is RefusalCode.TOO_LARGE


@pytest.mark.parametrize("cut", [8, 20, 60, 200])
def test_a_picture_cut_short_is_unreadable(cut: int) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (16, 16)).astype(np.uint8)

    assert refusal_of(encoded(noise)[:cut]) is RefusalCode.UNREADABLE


def test_a_dicom_prefix_behind_a_picture_signature_is_dicom() -> None:
    assert not picture.is_picture(b"\xff\xd8\xff".ljust(128, b"\0") + b"DICM")
