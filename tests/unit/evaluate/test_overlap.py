import numpy as np
import pytest

from tests.unit.evaluate.marked import box, peak
from triage.domain.marked_box import MarkedBox
from triage.evaluate.overlap import (
    BOX_IOU,
    GRID,
    IOU,
    MEASURES,
    NEAR,
    POINTING,
    TOLERANCE,
    Grid,
    around,
    connected,
    covered,
    overlap,
)


def measured(weights: Grid, *boxes: MarkedBox) -> dict[str, float]:
    return dict(zip(MEASURES, overlap(weights, boxes).tolist(), strict=True))


def test_a_map_in_its_box_is_all_that_could_be_wished() -> None:
    assert set(measured(peak("top left"), box("top left")).values()) == {1.0}


def test_a_map_beside_its_box_finds_nothing() -> None:
    corner = MarkedBox("NIH", "Mass", 0.75, 0.75, 0.25, 0.25)

    assert set(measured(peak("top left"), corner).values()) == {0.0}


def test_a_map_without_weight_finds_nothing() -> None:
    found = measured(np.zeros((GRID, GRID), np.float32), box("top left"))

    assert set(found.values()) == {0.0}


def test_a_map_is_judged_by_its_own_maximum() -> None:
    assert measured(peak("top left", strength=1e-9), box("top left"))[IOU] == 1.0


def test_what_does_not_reach_half_of_the_maximum_is_no_part_of_the_region() -> None:
    weights = peak("top left") + peak("bottom right", strength=0.4)

    assert measured(weights, box("top left"))[IOU] == 1.0


@pytest.mark.parametrize(("away", "near"), [(TOLERANCE - 1, 1.0), (TOLERANCE + 1, 0.0)])
def test_a_maximum_just_beside_a_box_is_forgiven(away: int, near: float) -> None:
    weights = np.zeros((GRID, GRID), np.float32)
    weights[20, GRID // 2 + away] = 1

    found = measured(weights, box("top left"))

    assert (found[POINTING], found[NEAR]) == (0.0, near)


def test_the_nearest_of_several_boxes_counts() -> None:
    found = measured(peak("top right"), box("bottom right"), box("top right"))

    assert (found[POINTING], found[BOX_IOU], found[IOU]) == (1.0, 1.0, 0.5)


def test_places_that_share_the_maximum_share_the_hit() -> None:
    weights = peak("top left") + peak("bottom right")

    assert measured(weights, box("top left"))[POINTING] == 0.5


def test_a_rectangle_is_put_around_the_part_with_the_maximum_alone() -> None:
    weights = peak("top left") + peak("bottom right", strength=0.8)

    found = measured(weights, box("top left"))

    assert (found[BOX_IOU], found[IOU]) == (1.0, 0.5)


def test_levels_are_reached_or_not() -> None:
    found = measured(peak("top left") + peak("top right"), box("top left"))

    levels = [found[f"iou_at_least_{level}"] for level in (0.1, 0.25, 0.5)]
    assert levels == [1.0, 1.0, 1.0]
    assert overlap(peak("top left"), [MarkedBox("", "", 0, 0, 1, 1)])[-3:].tolist() == [1, 1, 0]


def test_a_connected_part_winds_through_its_region_and_crosses_no_gap() -> None:
    picture = np.array(
        [
            [1, 1, 1, 0, 1],
            [0, 0, 1, 0, 1],
            [1, 1, 1, 0, 1],
            [1, 0, 0, 1, 0],
        ],
        dtype=bool,
    )
    seeds = np.zeros_like(picture)
    seeds[0, 0] = True

    assert connected(picture, seeds).astype(int).tolist() == [
        [1, 1, 1, 0, 0],
        [0, 0, 1, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 0, 0, 0, 0],
    ]


def test_a_rectangle_around_a_box_is_the_box() -> None:
    quarter = box("top right")

    found = around(covered([quarter]))

    assert (found.left, found.top, found.width, found.height) == (0.5, 0.0, 0.5, 0.5)
