from dataclasses import replace

import numpy as np
import pytest

from tests.unit.evaluate.marked import box, boxes, mapped, peak
from triage.domain.assessment import Placement, Tier
from triage.domain.errors import UnusableList
from triage.evaluate.bootstrap import Draws, draw
from triage.evaluate.boxes import Boxes
from triage.evaluate.localisation import (
    CENTER,
    MAP,
    MEAN_BOX,
    WRONG,
    Located,
    MappedFilm,
    localisation,
    unanswered,
    weights_of,
)
from triage.evaluate.overlap import GRID, IOU, POINTING

GOOD, BAD = peak("top left"), peak("bottom right")


def found_by(
    *films: MappedFilm, marked: Boxes | None = None, draws: Draws | None = None
) -> Located:
    """Hold the films' maps against a mass in the top left quarter of each."""
    own = marked or boxes(**{film.name: box("top left") for film in films})
    chosen = draws or draw(np.arange(len(films)), count=200, seed=0)
    (found,) = localisation(films, own, draws=chosen)
    return found


def value(found: Located, contestant: str, measure: str = IOU) -> float | None:
    return found.estimates[contestant][measure].value


def test_a_map_on_the_boxes_beats_the_swapped_one() -> None:
    films = [mapped(name, {"tumour": GOOD, "inflammation": BAD}) for name in "abcd"]

    found = found_by(*films)

    assert [value(found, each) for each in (MAP, WRONG, MEAN_BOX)] == [1.0, 0.0, 1.0]
    assert found.gains[WRONG][IOU].interval == (1.0, 1.0)
    assert found.gains[MEAN_BOX][IOU].value == 0.0


def test_swapped_classes_swap_the_figures() -> None:
    right = [mapped(name, {"tumour": GOOD, "inflammation": BAD}) for name in "abcd"]
    swapped = [mapped(name, {"tumour": BAD, "inflammation": GOOD}) for name in "abcd"]

    before, after = found_by(*right), found_by(*swapped)

    assert value(before, MAP) == value(after, WRONG) == 1.0
    assert value(before, WRONG) == value(after, MAP) == 0.0


def test_the_centre_knows_nothing_of_a_film() -> None:
    found = found_by(*(mapped(name, {"tumour": GOOD}) for name in "ab"))

    assert value(found, CENTER, POINTING) == pytest.approx(0.25, abs=0.01)
    assert WRONG not in found.estimates


def test_the_mean_box_leaves_out_the_films_own_patient() -> None:
    films = [mapped(name, {"tumour": GOOD}) for name in "abc"]
    marked = boxes(a=box("top left"), b=box("top left"), c=box("bottom right"))
    draws = draw(np.array([0, 0, 1]), count=200, seed=0)

    found = found_by(*films, marked=marked, draws=draws)

    assert value(found, MEAN_BOX) == 0.0
    assert found.patients == 2


def test_a_film_without_a_map_is_a_miss_and_counted() -> None:
    nothing = np.zeros((7, 7), np.float32)

    found = found_by(mapped("a", {"tumour": GOOD}), mapped("b", {"tumour": nothing}))

    assert (found.silent, value(found, MAP), value(found, MAP, POINTING)) == (1, 0.5, 0.5)


def test_a_film_whose_label_is_denied_is_left_out_and_counted() -> None:
    denied = mapped("b", {"tumour": BAD}, denied=frozenset({"Mass"}))

    found = found_by(mapped("a", {"tumour": GOOD}), denied)

    assert (found.films.tolist(), found.denied, value(found, MAP)) == ([0], 1, 1.0)


def test_a_target_whose_films_are_all_denied_is_none() -> None:
    denied = mapped("a", {"tumour": BAD}, denied=frozenset({"Mass"}))
    draws = draw(np.arange(1), count=200, seed=0)

    assert localisation([denied], boxes(a=box("top left")), draws=draws) == ()


def test_films_that_reach_the_threshold_are_measured_apart() -> None:
    below = mapped("b", {"tumour": BAD}, tier=Tier.BELOW)

    found = found_by(mapped("a", {"tumour": GOOD}), below)

    assert (found.reached, found.estimates_reached[IOU].value) == (1, 1.0)
    assert value(found, MAP) == 0.5


def test_nobody_at_the_threshold_is_said_so() -> None:
    found = found_by(mapped("a", {"tumour": GOOD}, tier=Tier.BELOW))

    assert found.estimates_reached[IOU].why == "no film"


def test_intervals_come_from_patients() -> None:
    films = [mapped(str(n), {"tumour": GOOD if n % 2 else BAD}) for n in range(20)]
    alone = draw(np.arange(20), count=400, seed=0)
    paired = draw(np.arange(20) % 4, count=400, seed=0)

    narrow, wide = (found_by(*films, draws=each).estimates[MAP][IOU] for each in (alone, paired))

    assert narrow.value == wide.value == 0.5
    assert narrow.interval is not None
    assert wide.interval is not None
    assert wide.interval[1] - wide.interval[0] > narrow.interval[1] - narrow.interval[0]


def test_a_film_that_is_not_square_is_refused() -> None:
    film = mapped("a", {"tumour": GOOD}, shape=(300, 320))

    with pytest.raises(UnusableList, match="a: 300 x 320 pixels: a square"):
        found_by(film)


def test_findings_without_a_map_are_counted_by_films() -> None:
    films = [mapped(name, {"tumour": GOOD}) for name in "ab"]
    heart = box("top left", label="Cardiomegaly")
    marked = Boxes({"a": (heart, heart), "b": (heart, box("top left"))}, elsewhere=0)

    assert unanswered(films, marked) == {"Cardiomegaly": 2}


def test_a_map_lies_where_the_film_lay_in_the_input() -> None:
    film = mapped("a", {"tumour": GOOD})
    (heat,) = film.assessment.heat_maps
    shifted = replace(heat, placement=Placement(top=0.0, left=0.5, height=1.0, width=1.0))
    moved = replace(film, assessment=replace(film.assessment, heat_maps=(shifted,)))

    assert weights_of(film, "tumour")[10, GRID // 2 - 10] == 1
    assert weights_of(moved, "tumour")[10, 10] == 0
    assert not weights_of(film, "inflammation").any()
