from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.unit.overlay.scenes import GEOMETRIES, film, one_hot, saturation
from triage.domain.assessment import HeatMap, Margins, Placement
from triage.overlay.appearance import Appearance
from triage.overlay.miniature import miniature

WHOLE = Placement(top=0, left=0, height=1, width=1)


def drawn(shape: tuple[int, int], heat: HeatMap) -> NDArray[np.uint8]:
    jpeg = miniature(film(*shape), heat, appearance=Appearance(), long_side=240)
    assert jpeg is not None
    with Image.open(BytesIO(jpeg)) as image:
        return np.asarray(image)


@GEOMETRIES
def test_the_map_lies_where_it_lies_on_the_film(
    shape: tuple[int, int], placement: Placement, center: tuple[float, float]
) -> None:
    colored = saturation(drawn(shape, HeatMap("tumour", one_hot(2, 4), placement))) > 60

    rows, columns = np.nonzero(colored)
    scale = 240 / max(shape)
    middle = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    assert middle == pytest.approx([side * scale for side in center], abs=4)


def test_the_rest_of_the_film_keeps_its_gray() -> None:
    picture = drawn((960, 960), HeatMap("tumour", one_hot(2, 4), WHOLE))

    assert np.abs(picture[160:].astype(int) - 128).max() <= 3


def test_a_map_that_speaks_for_no_place_gives_no_picture() -> None:
    heat = HeatMap("tumour", np.zeros((7, 7), np.float32), WHOLE)

    assert miniature(film(300, 300), heat, appearance=Appearance(), long_side=240) is None


def test_margins_that_were_not_seen_stay_gray() -> None:
    seen = Placement(0, 0, 1, 1, Margins(left=0.5))
    picture = drawn((240, 240), HeatMap("tumour", np.ones((7, 7), np.float32), seen))

    assert np.abs(picture[:, :110].astype(int) - 128).max() <= 3
    assert saturation(picture)[:, 140:].min() > 30
