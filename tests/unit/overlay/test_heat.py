import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.overlay.scenes import APPEARANCE, GEOMETRIES, WHOLE, one_hot
from triage.domain.assessment import HeatMap, Margins, Placement
from triage.overlay.appearance import ColorMap
from triage.overlay.heat import paint, palette, project


def lightness(color_map: ColorMap) -> NDArray[np.float64]:
    """CIE 1976 L* of a colour map, by sRGB's own formulas (IEC 61966-2-1)."""
    share = palette(color_map)[:, 0] / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.asarray(
        np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, luminance * 24389 / 27)
    )


@GEOMETRIES
def test_a_hot_cell_is_projected_to_its_pixel(
    shape: tuple[int, int], placement: Placement, center: tuple[float, float]
) -> None:
    weights = project(HeatMap("tumour", one_hot(2, 4), placement), shape)

    hottest = np.argwhere(weights >= weights.max() - 1e-6).mean(axis=0) + 0.5
    assert hottest == pytest.approx(center, abs=1)
    assert weights.max() == pytest.approx(1, abs=0.01)


def test_projection_is_linear_between_the_centres_of_cells() -> None:
    ramp = np.tile(np.linspace(0, 1, 7, dtype=np.float32), (7, 1))

    weights = project(HeatMap("tumour", ramp, WHOLE), (70, 700))

    at = np.clip((np.arange(700) + 0.5) / 100 - 0.5, 0, 6) / 6
    np.testing.assert_allclose(weights, np.tile(at, (70, 1)), atol=1e-6)


def test_an_even_map_stays_even() -> None:
    even = HeatMap("tumour", np.full((7, 7), 0.5, np.float32), Placement(0, 0.1, 1, 0.8))

    np.testing.assert_allclose(project(even, (97, 61)), 0.5, atol=1e-6)


def test_a_margin_that_the_network_was_not_shown_has_no_weight() -> None:
    cut = Placement(-0.25, 0, 1.25, 2, Margins(top=0.2, right=0.5))

    weights = project(HeatMap("tumour", np.ones((7, 7), np.float32), cut), (100, 60))

    assert weights[:20].max() == weights[:, 30:].max() == 0
    np.testing.assert_allclose(weights[20:, :30], 1, atol=1e-6)


def test_a_film_with_margins_has_its_map_where_the_film_without_them_has_it() -> None:
    heat = np.random.default_rng(1).random((7, 7), dtype=np.float32)
    cut = Placement(-0.25, 0.1, 1.25, 1.6, Margins(top=0.2, right=0.5))

    whole = project(HeatMap("tumour", heat, cut), (1000, 1600))

    alone = project(HeatMap("tumour", heat, Placement(0, 0.1, 1, 0.8)), (800, 800))
    np.testing.assert_allclose(whole[200:, :800], alone, atol=1e-5)


def test_equal_steps_of_the_default_map_look_equally_large() -> None:
    steps = np.diff(lightness(ColorMap.INFERNO)[15::15])

    assert 0.8 * steps.mean() < steps.min() < steps.max() < 1.25 * steps.mean()


def test_the_rainbow_is_neither_even_nor_rising() -> None:
    steps = np.diff(lightness(ColorMap.JET)[15::15])

    assert steps.min() < 0
    assert steps.max() > 1.25 * np.abs(steps).mean()


def test_a_marker_under_the_map_stays_lighter_than_the_film_beside_it() -> None:
    scene = np.full((100, 100, 3), 60, np.uint8)
    scene[40:60, 40:60] = 255

    paint(scene, np.ones((100, 100), np.float32), appearance=APPEARANCE)

    marker, beside = scene[50, 50].astype(int), scene[10, 10].astype(int)
    assert (marker - beside).tolist() == pytest.approx([0.55 * (255 - 60)] * 3, abs=1)


def test_rows_that_lie_apart_are_painted_in_place() -> None:
    whole = np.zeros((50, 90, 3), np.uint8)

    paint(whole[:, :60], np.ones((50, 60), np.float32), appearance=APPEARANCE)

    assert whole[:, :60].any(axis=2).all()
    assert not whole[:, 60:].any()
