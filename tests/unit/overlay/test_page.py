from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.overlay.scenes import (
    APPEARANCE,
    GEOMETRIES,
    INFLAMMATION,
    TUMOUR,
    assess,
    film,
    film_part,
    inferno,
    one_hot,
    saturation,
    sixteen,
)
from triage.domain.assessment import Finding, Placement, Tier
from triage.overlay.heat import project
from triage.overlay.lettering import Lettering
from triage.overlay.page import count_pages, draw


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


def test_equal_arguments_give_equal_pixels() -> None:
    first = draw(film(900, 700), assess(TUMOUR, INFLAMMATION), appearance=APPEARANCE)

    second = draw(film(900, 700), assess(TUMOUR, INFLAMMATION), appearance=APPEARANCE)

    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("setting", "pages"), [(1, 1), (2, 2), (3, 2)])
def test_there_is_a_page_for_each_flagged_finding_as_far_as_set(setting: int, pages: int) -> None:
    appearance = replace(APPEARANCE, pages=setting)

    assert count_pages(sixteen(), appearance=appearance) == pages


def test_a_film_without_a_flagged_finding_has_one_page() -> None:
    assert count_pages(assess(INFLAMMATION), appearance=replace(APPEARANCE, pages=3)) == 1


def test_the_second_page_paints_the_second_finding() -> None:
    other = Finding("inflammation", 0.6, 0.5, Tier.FLAGGED)
    both = assess(TUMOUR, other)
    maps = (both.heat_maps[0], replace(both.heat_maps[1], weights=one_hot(1, 1)))
    several = replace(APPEARANCE, pages=2)

    picture = draw(film(768, 768), replace(both, heat_maps=maps), appearance=several, page=2)

    alone = draw(film(768, 768), assess(other, weights=one_hot(1, 1)), appearance=several)
    assert np.array_equal(film_part(picture, 768, 768), film_part(alone, 768, 768))


def test_pages_say_which_they_are() -> None:
    several = replace(APPEARANCE, pages=2)
    twice = assess(TUMOUR, replace(TUMOUR, label="inflammation"))

    first, second = (draw(film(768, 768), twice, appearance=several, page=n) for n in (1, 2))

    assert np.array_equal(film_part(first, 768, 768), film_part(second, 768, 768))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("shape", [(64, 48), (48, 64), (768, 768), (3056, 2500)])
def test_sixteen_findings_have_room_beside_every_film(shape: tuple[int, int]) -> None:
    picture = draw(film(*shape), sixteen(), appearance=APPEARANCE)

    assert np.ptp(picture[-9:, -9:], axis=(0, 1)).tolist() == [0, 0, 0]
    assert picture.shape[0] >= 16 * 27


def test_films_that_are_drawn_at_once_by_several_threads_are_drawn_alike() -> None:
    alone = draw(film(768, 600), sixteen(), appearance=APPEARANCE)
    shared = replace(APPEARANCE, lettering=Lettering())

    with ThreadPoolExecutor(8) as pool:
        drawn = pool.map(lambda _: draw(film(768, 600), sixteen(), appearance=shared), range(16))

    assert all(np.array_equal(picture, alone) for picture in drawn)
