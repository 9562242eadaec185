from dataclasses import replace

import numpy as np
import pytest

from tests.unit.evaluate.lists import cases
from triage.domain.errors import UnusableList
from triage.evaluate.bootstrap import draw
from triage.evaluate.cases import Cases, Question
from triage.evaluate.measures import Threshold
from triage.evaluate.subgroups import Gap, Part, gap, parts

TUMOUR = Question("tumour", "tumour")


def parts_of(made: Cases) -> tuple[Part, ...]:
    draws = draw(made.patients, count=200, seed=0)
    return parts(made, TUMOUR, threshold=Threshold(0.5, "given"), draws=draws)


def gap_of(made: Cases) -> Gap | None:
    return gap(parts_of(made))


def test_every_film_is_in_one_group_of_each_dimension() -> None:
    found = parts_of(cases())

    films = {(part.dimension, part.group): part.result.films for part in found}
    assert films == {
        ("view", "AP"): 96,
        ("view", "PA"): 144,
        ("sex", "F"): 80,
        ("sex", "M"): 80,
        ("sex", "unknown"): 80,
    }


def test_a_dimension_that_nothing_is_known_in_is_left_out() -> None:
    assert "source" not in {part.dimension for part in parts_of(cases())}


def test_too_many_groups_are_refused() -> None:
    groups = {"film": np.arange(240).astype(str)}

    with pytest.raises(UnusableList, match="film has 240 groups: at most 30"):
        parts_of(replace(cases(), groups=groups))


def test_a_score_that_fails_at_the_bedside_shows_a_gap() -> None:
    made = cases()
    bedside = made.groups["view"] == "AP"
    noise = np.random.default_rng(1).random(240)
    worse = {"tumour": np.where(bedside, noise, made.scores["tumour"])}

    found = gap_of(replace(made, scores=worse))

    assert found is not None
    assert found.difference.interval is not None
    assert found.difference.interval[0] > 0


def test_a_score_that_holds_at_the_bedside_shows_none() -> None:
    found = gap_of(cases())

    assert found is not None
    assert found.difference.interval is not None
    assert found.difference.interval[0] < 0 < found.difference.interval[1]


def test_the_gap_is_the_area_on_pa_minus_that_on_ap() -> None:
    found = gap_of(cases())

    assert found is not None
    assert found.upright.value is not None
    assert found.bedside.value is not None
    assert found.difference.value == pytest.approx(found.upright.value - found.bedside.value)


def test_without_ap_films_there_is_no_gap() -> None:
    assert gap_of(replace(cases(), groups={"view": np.array(["PA"] * 240)})) is None


def test_a_gap_without_positives_on_one_side_says_so() -> None:
    views = np.where(np.arange(240) % 3 == 0, "PA", "AP")

    found = gap_of(replace(cases(), groups={"view": views}))

    assert found is not None
    assert (found.difference.value, found.difference.why) == (None, "no film without the finding")
