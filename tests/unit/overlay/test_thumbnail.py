from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.unit.overlay.scenes import film
from triage.overlay.thumbnail import thumbnail


def pixels(picture: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(picture)) as image:
        return np.asarray(image)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((800, 400), (160, 80)), ((400, 800), (80, 160)), ((90, 30), (90, 30)), ((4000, 3), (160, 1))],
)
def test_the_longer_side_is_as_long_as_wished_and_no_film_is_enlarged(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    assert pixels(thumbnail(film(*shape), long_side=160)).shape == (*size, 3)


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_a_film_keeps_its_gray(gray: int) -> None:
    shown = pixels(thumbnail(film(400, 300, gray), long_side=160))

    assert np.abs(shown.astype(int) - gray).max() <= 1


def test_a_thumbnail_is_small() -> None:
    assert len(thumbnail(film(3000, 2500), long_side=160)) < 4096
