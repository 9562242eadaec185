from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from triage.domain.assessment import (
    Assessment,
    Finding,
    HeatMap,
    Margins,
    Model,
    Placement,
    Tier,
)
from triage.domain.film import Film
from triage.overlay import Appearance, ColorMap, draw, project, save_png

APPEARANCE = Appearance(long_side=768)
WHOLE = Placement(top=0, left=0, height=1, width=1)
TUMOUR = Finding("tumour", 0.9, 0.5, Tier.FLAGGED)
INFLAMMATION = Finding("inflammation", 0.1, 0.4, Tier.BELOW)


def film(rows: int, columns: int, gray: int = 128) -> Film:
    """Make a film of one gray."""

    def resample(stored: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
        area = cv2.resize(stored.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
        return np.asarray(area, np.float32)

    return Film(np.full((rows, columns), gray, np.uint8), lambda v: v / np.float32(255), resample)


def assess(*findings: Finding, weights: object = 1.0, placement: Placement = WHOLE) -> Assessment:
    """Assess with one map of 7 x 7 for each finding."""
    grid = np.broadcast_to(np.asarray(weights, np.float32), (7, 7))
    maps = tuple(HeatMap(finding.label, grid, placement) for finding in findings)
    return Assessment(Model("two-heads", "1.2", "ab" * 32), findings, maps)


def one_hot(row: int, column: int) -> NDArray[np.float32]:
    """A map of 7 x 7 with one cell of 1."""
    weights = np.zeros((7, 7), np.float32)
    weights[row, column] = 1
    return weights


def saturation(picture: NDArray[np.uint8]) -> NDArray[np.int16]:
    """How far each pixel is from gray."""
    return np.asarray(np.ptp(picture.astype(np.int16), axis=2))


def inferno(level: int) -> NDArray[np.float64]:
    """The colour of a level of 256, RGB."""
    levels = np.full((1, 1), level, np.uint8)
    return np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[0, 0, ::-1], np.float64)


def film_part(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """The part of the picture where the film lies."""
    return picture[:rows, :columns]


# The hot cell's centre is (2.5, 4.5) / 7 of the input; where the input is padded, the film
# begins 0.1 later and its share of the side is 0.8.
GEOMETRIES = pytest.mark.parametrize(
    ("shape", "placement", "center"),
    [
        ((960, 768), Placement(0, 0.1, 1, 0.8), (960 * 2.5 / 7, 768 * (4.5 / 7 - 0.1) / 0.8)),
        ((768, 960), Placement(0.1, 0, 0.8, 1), (768 * (2.5 / 7 - 0.1) / 0.8, 960 * 4.5 / 7)),
        ((840, 840), Placement(0, 0, 1, 1), (300, 540)),
    ],
    ids=["portrait", "landscape", "square"],
)


@GEOMETRIES
def test_a_hot_cell_is_projected_to_its_pixel(
    shape: tuple[int, int], placement: Placement, center: tuple[float, float]
) -> None:
    weights = project(HeatMap("tumour", one_hot(2, 4), placement), shape)

    hottest = np.argwhere(weights >= weights.max() - 1e-6).mean(axis=0) + 0.5
    assert hottest == pytest.approx(center, abs=1)
    assert weights.max() == pytest.approx(1, abs=0.01)


@GEOMETRIES
def test_a_hot_cell_is_painted_at_its_pixel_of_the_shrunk_film(
    shape: tuple[int, int], placement: Placement, center: tuple[float, float]
) -> None:
    scale = 768 / max(shape)
    opaque = replace(APPEARANCE, opacity=1.0)
    assessment = assess(TUMOUR, weights=one_hot(2, 4), placement=placement)

    picture = draw(film(*shape, gray=0), assessment, appearance=opaque)

    light = film_part(picture, round(shape[0] * scale), round(shape[1] * scale)).sum(axis=2)
    hottest = np.argwhere(light >= light.max()).mean(axis=0) + 0.5
    assert hottest == pytest.approx((center[0] * scale, center[1] * scale), abs=1.5)


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


def test_colours_are_blended_with_a_fixed_opacity() -> None:
    picture = draw(film(768, 768, 100), assess(TUMOUR, weights=1.0), appearance=APPEARANCE)

    assert picture[384, 384] == pytest.approx(0.55 * 100 + 0.45 * inferno(255), abs=1)


def test_a_map_is_never_raised_to_its_own_maximum() -> None:
    picture = draw(film(768, 768, 100), assess(TUMOUR, weights=0.4), appearance=APPEARANCE)

    assert picture[384, 384] == pytest.approx(0.55 * 100 + 0.45 * inferno(102), abs=1)


def test_the_film_is_untouched_below_the_threshold() -> None:
    assessment = assess(TUMOUR, weights=one_hot(2, 4))

    picture = draw(film(768, 768), assessment, appearance=APPEARANCE)

    weights = project(assessment.heat_maps[0], (768, 768))
    painted = saturation(film_part(picture, 768, 768)) > 0
    assert np.array_equal(painted, weights >= APPEARANCE.visible_from)


def test_the_contour_runs_at_the_threshold() -> None:
    assessment = assess(TUMOUR, weights=one_hot(3, 3))

    picture = draw(film(768, 768), assessment, appearance=APPEARANCE)

    contour = (film_part(picture, 768, 768) == (0, 255, 224)).all(axis=2)
    weights = project(assessment.heat_maps[0], (768, 768))[contour]
    assert contour.sum() > 200
    assert weights == pytest.approx(np.full(weights.shape, 0.25), abs=0.03)


def test_the_edge_of_the_film_is_no_contour() -> None:
    picture = draw(film(768, 768), assess(TUMOUR, weights=1.0), appearance=APPEARANCE)

    assert np.ptp(film_part(picture, 768, 768), axis=(0, 1)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("weights", [0.0, 0.24])
def test_a_map_without_a_visible_place_paints_nothing(weights: float) -> None:
    picture = draw(film(768, 768), assess(TUMOUR, weights=weights), appearance=APPEARANCE)

    assert (film_part(picture, 768, 768) == 128).all()


def test_a_flagged_finding_without_a_map_paints_nothing() -> None:
    assessment = replace(assess(TUMOUR), heat_maps=())

    picture = draw(film(768, 768), assessment, appearance=APPEARANCE)

    assert (film_part(picture, 768, 768) == 128).all()


@pytest.mark.parametrize("tier", [Tier.BELOW, Tier.ABOVE])
def test_nothing_is_painted_for_a_finding_that_is_not_flagged(tier: Tier) -> None:
    finding = Finding("Edema", 0.9, 0.5, tier)

    picture = draw(film(768, 768), assess(finding, weights=1.0), appearance=APPEARANCE)

    assert (film_part(picture, 768, 768) == 128).all()


def test_only_the_strongest_flagged_finding_is_painted() -> None:
    weaker = Finding("inflammation", 0.95, 0.9, Tier.FLAGGED)
    both = assess(weaker, TUMOUR)
    maps = (replace(both.heat_maps[0], weights=one_hot(1, 1)), both.heat_maps[1])

    picture = draw(film(768, 768), replace(both, heat_maps=maps), appearance=APPEARANCE)

    alone = draw(film(768, 768), assess(TUMOUR), appearance=APPEARANCE)
    assert np.array_equal(film_part(picture, 768, 768), film_part(alone, 768, 768))


def test_an_urgent_finding_is_painted_before_a_stronger_flagged_one() -> None:
    urgent = Finding("inflammation", 0.6, 0.55, Tier.URGENT)
    both = assess(TUMOUR, urgent)
    maps = (replace(both.heat_maps[0], weights=one_hot(1, 1)), both.heat_maps[1])

    picture = draw(film(768, 768), replace(both, heat_maps=maps), appearance=APPEARANCE)

    alone = draw(film(768, 768), assess(urgent), appearance=APPEARANCE)
    assert np.array_equal(film_part(picture, 768, 768), film_part(alone, 768, 768))


@pytest.mark.parametrize(
    ("shape", "long_side", "size"),
    [
        ((1600, 1200), 800, (800, 600)),
        ((1200, 1600), 800, (600, 800)),
        ((1000, 800), 1536, (1000, 800)),
        ((1600, 1200), None, (1600, 1200)),
        ((32, 24), 1536, (768, 576)),
        ((24, 32), None, (576, 768)),
        ((1500, 10), 800, (800, 5)),
    ],
)
def test_the_film_is_shrunk_and_enlarged_only_for_the_text(
    shape: tuple[int, int], long_side: int | None, size: tuple[int, int]
) -> None:
    appearance = replace(APPEARANCE, long_side=long_side)

    picture = draw(film(*shape, gray=200), assess(INFLAMMATION), appearance=appearance)

    assert (film_part(picture, *size) == 200).all()
    assert not (picture[: size[0] + 1, : size[1] + 1] == 200).all()


def test_the_panel_stands_beside_a_portrait_and_below_a_landscape_film() -> None:
    portrait = draw(film(900, 700), assess(TUMOUR), appearance=APPEARANCE)
    landscape = draw(film(700, 900), assess(TUMOUR), appearance=APPEARANCE)

    assert portrait.shape == (768, 597 + 28 * 18, 3)
    assert landscape.shape[0] > 597
    assert landscape.shape[1] == 2 * 28 * 18


def test_the_panel_grows_with_the_film() -> None:
    full = replace(APPEARANCE, long_side=None)

    picture = draw(film(3000, 2400), assess(TUMOUR), appearance=full)

    assert picture.shape == (3000, 2400 + 28 * 50, 3)


def test_no_text_is_cut_at_the_edge_of_the_panel() -> None:
    long = [Finding("Enlarged_Cardiomediastinum", 0.123, 0.456, Tier.ABOVE)] * 40
    assessment = assess(replace(TUMOUR, label="M" * 24), *long)
    model = Model("WIDE " * 20, "2026.11.24-rc1", "ab" * 32)

    picture = draw(film(800, 640), replace(assessment, model=model), appearance=APPEARANCE)

    assert np.ptp(picture[:, -9:], axis=(0, 1)).tolist() == [0, 0, 0]
    assert np.ptp(picture[-9:, 640:], axis=(0, 1)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "other",
    [
        replace(assess(TUMOUR), model=Model("three-heads", "1.2", "ab" * 32)),
        replace(assess(TUMOUR), model=Model("two-heads", "1.3", "ab" * 32)),
        replace(assess(TUMOUR), model=Model("two-heads", "1.2", "cd" * 32)),
        assess(replace(TUMOUR, probability=0.901)),
        assess(replace(TUMOUR, threshold=0.501)),
        assess(replace(TUMOUR, label="tumor")),
        assess(TUMOUR, INFLAMMATION),
    ],
    ids=["model", "version", "digest", "probability", "threshold", "label", "finding"],
)
def test_the_panel_tells_every_number_and_name(other: Assessment) -> None:
    first = draw(film(768, 600), assess(TUMOUR), appearance=APPEARANCE)

    assert not np.array_equal(draw(film(768, 600), other, appearance=APPEARANCE), first)


def test_the_legend_has_the_colours_of_the_film() -> None:
    opaque = replace(APPEARANCE, opacity=1.0)

    picture = draw(film(768, 600, 0), assess(TUMOUR), appearance=opaque)

    panel = {tuple(color) for color in picture[:, 600:].reshape(-1, 3).tolist()}
    assert tuple(picture[384, 300].tolist()) in panel


def test_equal_arguments_give_equal_pixels() -> None:
    first = draw(film(900, 700), assess(TUMOUR, INFLAMMATION), appearance=APPEARANCE)

    second = draw(film(900, 700), assess(TUMOUR, INFLAMMATION), appearance=APPEARANCE)

    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


def test_the_digest_of_the_shipped_appearance_has_not_changed() -> None:
    assert Appearance().digest == "12be2212bf6a15770bfb82623e4edec750aa0fc8c0ac08b5cb886486cd710bce"


@pytest.mark.parametrize(
    "other",
    [
        Appearance(color_map=ColorMap.JET),
        Appearance(opacity=0.5),
        Appearance(visible_from=0.3),
        Appearance(long_side=None),
    ],
)
def test_every_setting_changes_digest_and_picture(other: Appearance) -> None:
    shape, assessment = (1600, 1200), assess(TUMOUR, weights=np.linspace(0, 1, 7))
    first = draw(film(*shape), assessment, appearance=Appearance())

    assert other.digest != Appearance().digest
    assert not np.array_equal(draw(film(*shape), assessment, appearance=other), first)


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("opacity", partial(Appearance, opacity=0.0)),
        ("opacity", partial(Appearance, opacity=1.1)),
        ("visible_from", partial(Appearance, visible_from=0.0)),
        ("visible_from", partial(Appearance, visible_from=1.0)),
        ("long_side", partial(Appearance, long_side=767)),
    ],
)
def test_a_setting_outside_its_range_is_refused_by_name(
    setting: str, wrong: Callable[[], Appearance]
) -> None:
    with pytest.raises(ValueError, match=setting):
        wrong()


def test_a_png_has_the_pixels_and_no_metadata(tmp_path: Path) -> None:
    picture = draw(film(768, 600), assess(TUMOUR), appearance=APPEARANCE)

    save_png(picture, tmp_path / "overlay.png")

    with Image.open(tmp_path / "overlay.png") as image:
        assert np.array_equal(np.asarray(image), picture)
        assert image.info == {}
