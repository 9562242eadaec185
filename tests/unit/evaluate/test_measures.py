from dataclasses import replace

import numpy as np
import pytest

from tests.unit.evaluate.lists import cases
from triage.domain.ranking import auroc
from triage.evaluate.bootstrap import draw
from triage.evaluate.cases import Answers, Question
from triage.evaluate.measures import (
    MEASURES,
    Result,
    Threshold,
    choose_threshold,
    estimate,
    measure,
)

TUMOUR = Question("tumour", "tumour")
CASES = cases()
ANSWERS = CASES.answers(TUMOUR)
AT_HALF = Threshold(0.5, "given")
DRAWS = draw(CASES.patients, count=300, seed=0)


def measured(answers: Answers, threshold: Threshold | None = AT_HALF) -> Result:
    return measure(TUMOUR, answers, threshold=threshold, draws=DRAWS)


def test_every_measure_has_its_value_within_its_interval() -> None:
    found = measured(ANSWERS)

    assert tuple(found.estimates) == MEASURES
    for each in found.estimates.values():
        assert each.value is not None
        assert each.interval is not None
        assert each.interval[0] <= each.value <= each.interval[1]


def test_the_measures_are_those_of_the_films() -> None:
    found = measured(ANSWERS)

    called, present = ANSWERS.scores >= 0.5, ANSWERS.present
    assert found.estimates["auroc"].value == pytest.approx(auroc(ANSWERS.scores, present))
    assert found.estimates["sensitivity"].value == pytest.approx(called[present].mean())
    assert found.estimates["specificity"].value == pytest.approx((~called[~present]).mean())
    assert found.estimates["brier"].value == pytest.approx(np.mean((ANSWERS.scores - present) ** 2))


def test_films_patients_and_positives_are_counted() -> None:
    found = measured(ANSWERS)

    assert (found.films, found.patients, found.positives) == (240, 120, 80)
    assert found.prevalence == pytest.approx(1 / 3)


def test_the_area_of_each_draw_is_kept() -> None:
    found = measured(ANSWERS)

    assert found.aurocs.shape == (300,)
    assert found.aurocs.mean() == pytest.approx(found.estimates["auroc"].value, abs=0.02)


def test_without_positives_it_is_said_what_is_missing() -> None:
    found = measured(ANSWERS.within(CASES.truths["tumour"] == 0)).estimates

    assert {name for name, each in found.items() if each.value is None} == {
        "auroc",
        "average_precision",
        "sensitivity",
    }
    assert found["auroc"].why == found["sensitivity"].why == "no film with the finding"


def test_without_negatives_there_is_no_specificity() -> None:
    found = measured(ANSWERS.within(CASES.truths["tumour"] == 1)).estimates

    assert (found["specificity"].value, found["specificity"].why) == (
        None,
        "no film without the finding",
    )
    assert found["average_precision"].value == 1.0


def test_nothing_called_and_nothing_there_leaves_f1_undefined() -> None:
    found = measured(ANSWERS.within(CASES.truths["tumour"] == 0), Threshold(1.0, "given"))

    assert found.estimates["f1"].why == "nothing called and nothing there"
    assert found.estimates["kappa"].why == "every film has and gets the same answer"


def test_a_threshold_that_calls_nothing_has_a_kappa_without_interval() -> None:
    kappa = measured(ANSWERS, Threshold(1.0, "given")).estimates["kappa"]

    assert (kappa.value, kappa.interval) == (0.0, None)
    assert kappa.why == "one of the two always gave the same answer, and that makes it 0"


def test_no_film_at_all_is_no_error() -> None:
    found = measured(ANSWERS.within(np.zeros(240, dtype=bool)))

    assert (found.films, found.prevalence) == (0, None)
    assert {each.why for each in found.estimates.values()} == {"no film"}


def test_without_a_threshold_only_what_needs_none_is_measured() -> None:
    found = measured(ANSWERS, threshold=None)

    assert set(found.estimates) == {"auroc", "average_precision", "brier", "calibration_error"}


def test_a_threshold_is_chosen_at_the_specificity_of_training() -> None:
    chosen = choose_threshold(ANSWERS)

    assert chosen is not None
    assert (ANSWERS.scores[~ANSWERS.present] < chosen.value).mean() == pytest.approx(0.8)
    assert chosen.origin == "chosen on these films at specificity 0.80"


def test_films_of_one_kind_choose_no_threshold() -> None:
    assert choose_threshold(ANSWERS.within(CASES.truths["tumour"] == 1)) is None


def test_where_too_many_have_the_highest_score_no_threshold_is_chosen() -> None:
    same = replace(ANSWERS, scores=np.ones_like(ANSWERS.scores))

    assert choose_threshold(same) is None


def test_draws_that_are_often_undefined_give_no_interval() -> None:
    found = estimate(0.7, np.where(np.arange(100) < 30, np.nan, 0.7))

    assert (found.value, found.interval) == (0.7, None)
    assert found.why == "undefined in 30 of 100 draws"
