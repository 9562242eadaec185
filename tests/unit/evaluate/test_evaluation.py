from dataclasses import replace

import numpy as np
import pytest

from tests.unit.evaluate.lists import cases
from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14
from triage.domain.ranking import auroc
from triage.evaluate.bootstrap import draw
from triage.evaluate.cases import Cases, Question, questions
from triage.evaluate.evaluation import FINDINGS_MEAN, Evaluation, Wishes, evaluation
from triage.evaluate.measures import Threshold
from triage.evaluate.readers import Reading


def evaluated(
    made: Cases,
    *,
    thresholds: dict[str, Threshold] | None = None,
    readings: tuple[Reading, ...] = (),
    rival: Cases | None = None,
) -> Evaluation:
    wishes = Wishes(questions(made, ()), thresholds or {}, readings, rival)
    return evaluation(made, wishes, draws=draw(made.patients, count=100, seed=0))


def of_findings(made: Cases, **changes: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Cases:
    scores = dict.fromkeys(CHESTXRAY14, made.scores["tumour"])
    truths = dict.fromkeys(CHESTXRAY14, made.truths["tumour"])
    return replace(made, scores=scores, truths={**truths, **changes})


def test_every_question_has_its_result_and_its_parts() -> None:
    found = evaluated(cases())

    names = [result.question.name for result in found.results]
    assert names == ["tumour", "inflammation", "Lung Opacity, by inflammation"]
    assert {part.result.question.name for part in found.parts} == set(names)
    assert [gap.question.name for gap in found.gaps] == names


def test_a_given_threshold_is_used_and_another_is_chosen() -> None:
    found = evaluated(cases(), thresholds={"tumour": Threshold(0.6, "given")})

    thresholds = [result.threshold for result in found.results]
    assert thresholds[0] == Threshold(0.6, "given")
    assert thresholds[1] is not None
    assert thresholds[1].origin.startswith("chosen on these films")


def test_a_score_has_one_threshold_whatever_it_is_held_against() -> None:
    by_name = {result.question.name: result.threshold for result in evaluated(cases()).results}

    assert by_name["Lung Opacity, by inflammation"] == by_name["inflammation"]


def test_a_threshold_of_no_score_is_refused() -> None:
    with pytest.raises(UnusableList, match="threshold of lump: one of tumour, inflammation"):
        evaluated(cases(), thresholds={"lump": Threshold(0.5, "given")})


def test_the_fourteen_findings_have_a_mean_with_the_interval_of_paired_draws() -> None:
    found = evaluated(of_findings(cases()))

    mean, one = found.means[FINDINGS_MEAN], found.results[0].estimates["auroc"]
    assert mean.value == pytest.approx(one.value)
    assert mean.interval == pytest.approx(one.interval)


def test_a_finding_without_positives_leaves_the_mean_undefined() -> None:
    found = evaluated(of_findings(cases(), Hernia=np.zeros(240)))

    assert found.means[FINDINGS_MEAN].value is None
    assert found.means[FINDINGS_MEAN].why == "AUROC of Hernia is undefined"


def test_two_heads_have_no_mean_of_findings() -> None:
    assert evaluated(cases()).means == {}


def test_readers_are_compared_on_their_label_alone() -> None:
    reading = Reading("A", "tumour", cases().truths["tumour"])

    found = evaluated(cases(), readings=(reading,))

    assert [(pair.label, pair.first, pair.second) for pair in found.pairs] == [
        ("tumour", "model", "labels"),
        ("tumour", "model", "A"),
        ("tumour", "labels", "A"),
        ("inflammation", "model", "labels"),
    ]


def test_a_worse_rival_loses_by_both_intervals() -> None:
    made = cases()
    rival = replace(made, scores={"tumour": np.random.default_rng(3).random(240)})

    (found,) = evaluated(made, rival=rival).rivalries

    assert found.difference.interval[0] > 0
    assert found.drawn.interval is not None
    assert found.drawn.interval[0] > 0


def test_the_same_model_as_rival_shows_no_difference() -> None:
    found = evaluated(cases(), rival=cases()).rivalries

    assert {(each.difference.value, each.difference.p_value) for each in found} == {(0.0, None)}


def test_models_are_compared_on_the_films_that_both_have() -> None:
    made, half = cases(), np.arange(240) < 120
    theirs = np.where(half, 1 - made.scores["tumour"], np.nan)

    (found,) = evaluated(made, rival=replace(made, scores={"tumour": theirs})).rivalries

    present = made.truths["tumour"][half] == 1
    assert (found.films, found.positives) == (120, present.sum())
    assert found.difference.first == pytest.approx(auroc(made.scores["tumour"][half], present))
    assert found.difference.second == pytest.approx(1 - found.difference.first)


def test_one_positive_film_is_too_few_to_compare_models() -> None:
    made = cases()
    single = {"tumour": (np.arange(240) == 5).astype(float)}

    found = evaluated(replace(made, truths=single), rival=replace(made, truths=single))

    assert found.rivalries == ()
    assert found.results[0].question == Question("tumour", "tumour")
