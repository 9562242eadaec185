"""The whole evaluation of a model on labelled films, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14
from triage.evaluate.bootstrap import Draws
from triage.evaluate.cases import Cases, Question
from triage.evaluate.delong import FEWEST, Difference, paired_difference
from triage.evaluate.measures import (
    Estimate,
    Result,
    Threshold,
    choose_threshold,
    estimate,
    measure,
)
from triage.evaluate.readers import Pair, Reading, pairs, raters
from triage.evaluate.subgroups import Gap, Part, gap, parts

FINDINGS_MEAN = f"mean of {len(CHESTXRAY14)} findings"


@dataclass(frozen=True, slots=True)
class Rivalry:
    """Two models on one question: the difference of their AUROCs, on the films that both have.

    Args:
        question: score and label, of both.
        films: that both have.
        positives: films among them with the finding.
        difference: by DeLong, films taken as independent.
        drawn: the same difference with the interval from drawing patients.
    """

    question: Question
    films: int
    positives: int
    difference: Difference
    drawn: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Everything that was measured.

    Args:
        results: one per question, on all films.
        means: AUROC averaged over several findings, by name.
        parts: the same questions in groups of films.
        gaps: PA against AP films.
        pairs: agreement of model, labels and readers.
        rivalries: against another model; empty if there is none.
    """

    results: tuple[Result, ...]
    means: Mapping[str, Estimate]
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...]
    pairs: tuple[Pair, ...]
    rivalries: tuple[Rivalry, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """What is asked besides the films themselves.

    Args:
        questions: scores and the labels that they are held against.
        thresholds: by score; one that is missing is chosen on these films.
        readings: of readers.
        rival: the same films, scored by another model; NaN where it has no score.
    """

    questions: tuple[Question, ...]
    thresholds: Mapping[str, Threshold]
    readings: tuple[Reading, ...] = ()
    rival: Cases | None = None


def evaluation(cases: Cases, wishes: Wishes, *, draws: Draws) -> Evaluation:
    """Measure everything.

    Raises:
        UnusableList: a threshold names no score, or a dimension has too many groups.
    """
    _refuse_unknown(wishes.thresholds, cases)
    chosen = _thresholds(cases, wishes)
    results = tuple(
        measure(question, cases.answers(question), threshold=chosen[question.score], draws=draws)
        for question in wishes.questions
    )
    grouped = [
        parts(cases, question, threshold=chosen[question.score], draws=draws)
        for question in wishes.questions
    ]
    gaps = [gap(found) for found in grouped]
    return Evaluation(
        results=results,
        means=_means(results),
        parts=tuple(part for found in grouped for part in found),
        gaps=tuple(found for found in gaps if found),
        pairs=_agreements(cases, wishes.readings, chosen, draws),
        rivalries=_rivalries(cases, wishes, draws),
    )


def _thresholds(cases: Cases, wishes: Wishes) -> dict[str, Threshold | None]:
    """Return each score's threshold: the given one, or one chosen by its first question."""
    chosen: dict[str, Threshold | None] = {}
    for question in wishes.questions:
        if question.score not in chosen:
            given = wishes.thresholds.get(question.score)
            chosen[question.score] = given or choose_threshold(cases.answers(question))
    return chosen


def _refuse_unknown(thresholds: Mapping[str, Threshold], cases: Cases) -> None:
    unknown = sorted(thresholds.keys() - cases.scores.keys())
    if unknown:
        raise UnusableList(f"threshold of {unknown[0]}: one of {', '.join(cases.scores)}")


def _means(results: Sequence[Result]) -> dict[str, Estimate]:
    """Average the AUROCs of ChestX-ray14's findings, if all of them were asked for."""
    own = {r.question.truth: r for r in results if r.question.score == r.question.truth}
    if not own.keys() >= set(CHESTXRAY14):
        return {}
    found = [own[name] for name in CHESTXRAY14]
    lacking = [r.question.truth for r in found if r.estimates["auroc"].value is None]
    value = np.mean([r.estimates["auroc"].value or 0.0 for r in found])
    draws = np.mean([r.aurocs for r in found], axis=0)
    why = f"AUROC of {', '.join(lacking)} is undefined"
    return {FINDINGS_MEAN: estimate(np.nan if lacking else float(value), draws, why=why)}


def _agreements(
    cases: Cases,
    readings: Sequence[Reading],
    thresholds: Mapping[str, Threshold | None],
    draws: Draws,
) -> tuple[Pair, ...]:
    return tuple(
        pair
        for label, threshold in thresholds.items()
        for pair in pairs(
            [*raters(cases, label, threshold), *(r for r in readings if r.label == label)],
            draws=draws,
        )
    )


def _rivalries(cases: Cases, wishes: Wishes, draws: Draws) -> tuple[Rivalry, ...]:
    rival = wishes.rival
    if rival is None:
        return ()
    asked = [question for question in wishes.questions if question.score in rival.scores]
    found = (_rivalry(cases, rival, question, draws) for question in asked)
    return tuple(each for each in found if each is not None)


def _rivalry(cases: Cases, rival: Cases, question: Question, draws: Draws) -> Rivalry | None:
    """Compare two models on the films that both have; ``None`` with fewer than two of a kind."""
    both = ~np.isnan(rival.scores[question.score])
    ours, theirs = (each.answers(question).within(both) for each in (cases, rival))
    positives = int(ours.present.sum())
    if min(positives, ours.films.size - positives) < FEWEST:
        return None
    first, second = (
        measure(question, answers, threshold=None, draws=draws).aurocs for answers in (ours, theirs)
    )
    difference = paired_difference(ours.scores, theirs.scores, ours.present)
    drawn = estimate(difference.value, first - second)
    return Rivalry(question, ours.films.size, positives, difference, drawn)
