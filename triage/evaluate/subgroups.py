"""The same measures on parts of the films, and whether bedside films are read worse."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triage.domain.errors import UnusableList
from triage.evaluate.bootstrap import Draws
from triage.evaluate.cases import Cases, Question
from triage.evaluate.measures import Estimate, Result, Threshold, estimate, measure

MOST = 30
UNKNOWN = "unknown"
UPRIGHT, BEDSIDE = "PA", "AP"
"""View positions: AP films are mostly taken at the bedside, with a portable machine."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One group of films of a dimension, such as ``view`` and ``AP``, and what is measured."""

    dimension: str
    group: str
    result: Result


@dataclass(frozen=True, slots=True)
class Gap:
    """AUROC on PA films minus AUROC on AP films, within the same draws of patients."""

    question: Question
    upright: Estimate
    bedside: Estimate
    difference: Estimate


def parts(
    cases: Cases, question: Question, *, threshold: Threshold | None, draws: Draws
) -> tuple[Part, ...]:
    """Measure a question in every group of every dimension that films are known in.

    Raises:
        UnusableList: a dimension has more than 30 groups.
    """
    answers = cases.answers(question)
    found = []
    for dimension, words in cases.groups.items():
        for group in _groups(dimension, sorted(set(words.tolist()))):
            within = answers.within(words == group)
            result = measure(question, within, threshold=threshold, draws=draws)
            found.append(Part(dimension, group or UNKNOWN, result))
    return tuple(found)


def gap(found: Sequence[Part]) -> Gap | None:
    """Compare PA with AP films among the parts of one question; ``None`` where one is absent."""
    views = {part.group: part.result for part in found if part.dimension == "view"}
    if not {UPRIGHT, BEDSIDE} <= views.keys():
        return None
    upright, bedside = views[UPRIGHT], views[BEDSIDE]
    first, second = upright.estimates["auroc"], bedside.estimates["auroc"]
    undefined = first.value is None or second.value is None
    value = np.nan if undefined else (first.value or 0.0) - (second.value or 0.0)
    difference = estimate(value, upright.aurocs - bedside.aurocs, why=first.why or second.why)
    return Gap(upright.question, first, second, difference)


def _groups(dimension: str, groups: Sequence[str]) -> Sequence[str]:
    if len(groups) > MOST:
        raise UnusableList(f"{dimension} has {len(groups)} groups: at most {MOST}")
    return () if list(groups) == [""] else groups
