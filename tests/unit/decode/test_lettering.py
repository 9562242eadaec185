import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.builders.tools import BESIDE, needs_films
from triage.decode.film import read
from triage.decode.lettering import bears_lettering, lettering_note
from triage.domain.film import BURNT_IN_TEXT

Pixels = NDArray[np.uint8]


def chest(rows: int = 800, columns: int = 640) -> Pixels:
    """A smooth film, darker in two places."""
    down, across = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    lungs = np.exp(-(((np.abs(across) - 0.45) / 0.3) ** 2) - (down / 0.7) ** 2)
    return np.asarray(180 - 140 * lungs, np.uint8)


def written(pixels: Pixels, text: str, *, gray: int = 255, height: int = 24) -> Pixels:
    """Write text in the upper left."""
    picture = Image.fromarray(pixels)
    ImageDraw.Draw(picture).text((30, 30), text, gray, ImageFont.load_default(height))
    return np.asarray(picture)


@pytest.mark.parametrize("gray", [0, 255])
@pytest.mark.parametrize("height", [16, 24, 40])
def test_a_name_is_noted_in_white_and_in_black(gray: int, height: int) -> None:
    assert bears_lettering(written(chest(), "DOE JANE", gray=gray, height=height))


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.6])
def test_a_drawn_name_is_noted(scale: float) -> None:
    pixels = chest()
    place, font = (40, 700), cv2.FONT_HERSHEY_SIMPLEX

    cv2.putText(pixels, "DOE JANE", place, font, scale, 255, max(1, round(2 * scale)))

    assert bears_lettering(pixels)


def test_a_film_larger_than_what_is_looked_at_is_noted() -> None:
    assert bears_lettering(written(chest(3056, 2500), "DOE JANE", height=48))


@pytest.mark.parametrize("marker", ["L", "R", "HB", "RKB"])
def test_a_side_marker_is_no_lettering(marker: str) -> None:
    assert not bears_lettering(written(chest(), marker, height=60))


def test_a_film_without_text_is_not_noted() -> None:
    assert lettering_note(chest()) == ()


@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
def test_the_range_of_the_values_does_not_matter(dtype: type[np.generic]) -> None:
    values = written(chest(), "DOE JANE").astype(np.int32) * 16 - (dtype is np.int16) * 1024

    assert lettering_note(values.astype(dtype)) == (BURNT_IN_TEXT,)


def test_noise_is_no_lettering() -> None:
    noise = np.random.default_rng(2).integers(0, 4096, (900, 700), dtype=np.uint16)

    assert not bears_lettering(noise)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (40, 40)])
def test_a_blank_film_bears_nothing(shape: tuple[int, int]) -> None:
    assert not bears_lettering(np.full(shape, 7, np.uint8))


@needs_films
@pytest.mark.parametrize(
    ("file", "lettered"),
    [("presidio_AP_portable_RLE_burnedin.dcm", True), ("RSNA_like_CR_PA_JPEGbaseline.dcm", False)],
)
def test_a_real_film_with_burnt_in_text_is_noted(file: str, lettered: bool) -> None:
    film = read(BESIDE / "dicom" / file)

    assert (BURNT_IN_TEXT in film.notes) is lettered
