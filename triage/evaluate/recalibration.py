"""A label's new line and thresholds, and what they do on films that they were not fitted to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.scaling import Scaling
from triage.evaluate.bootstrap import Draws
from triage.evaluate.cases import Answers, Question
from triage.evaluate.folds import FOLDS, fold
from triage.evaluate.measures import MEASURES, Estimate, Result, Threshold, measure
from triage.evaluate.platt import Method, fit
from triage.evaluate.wish import Wish

AT_THRESHOLD = ("sensitivity", "specificity", "flag_rate")
"""What is told of every threshold."""

_CALLED = 0.5
"""Calls are 0 or 1."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with a label.

    Args:
        method: ``NONE`` keeps the line that the label has.
        flagged: wish for the threshold.
        urgent: wish for a second, higher one; ``None`` for none.
        seed: of the folds.
    """

    method: Method
    flagged: Wish
    urgent: Wish | None
    seed: int

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """One or two."""
        return (self.flagged,) if self.urgent is None else (self.flagged, self.urgent)


@dataclass(frozen=True, slots=True)
class Cut:
    """A threshold and what it does.

    Args:
        wish: what it was chosen for.
        threshold: on the new scale.
        seen: sensitivity, specificity and flag rate, among others, on the very films; they flatter.
        unseen: the same, each fold judged by the line and threshold of the others.
    """

    wish: Wish
    threshold: float
    seen: Mapping[str, Estimate]
    unseen: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True, eq=False)
class Recalibration:
    """What was found for one label.

    Args:
        label: the bundle's name of it.
        method: how ``scaling`` was found.
        scaling: the line; ``None`` where there is none.
        before: the label as the bundle had it, on the same films.
        cuts: the threshold, and the urgent one if wished for.
        after: Brier score and calibration error, each fold by the line of the others.
    """

    label: str
    method: Method
    scaling: Scaling | None
    before: Result
    cuts: tuple[Cut, ...]
    after: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A line, and the thresholds on its scale in the order of the wishes."""

    scaling: Scaling | None
    thresholds: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Unseen:
    """Films judged by what was fitted to other patients: scores (n,), calls (wishes, n)."""

    scores: NDArray[np.float64]
    calls: NDArray[np.float64]


def recalibrate(
    label: str, answers: Answers, order: Order, *, old: Scaling | None, draws: Draws
) -> Recalibration:
    """Fit a line, choose thresholds, and measure both.

    Args:
        label: the bundle's name of it.
        answers: with the label's probabilities before any line.
        order: what is wished for.
        old: the line that the label has.
        draws: of patients, for the intervals.

    Raises:
        UnusableList: films of one kind are missing, the line or a threshold cannot be had, or
            the urgent threshold is not above the other.
    """
    bench = _Bench(label, answers, order, old, draws)
    fitted = bench.fitted(np.ones(answers.films.size, dtype=np.bool_))
    unseen = bench.unseen()
    return Recalibration(
        label=label,
        method=order.method,
        scaling=fitted.scaling,
        before=bench.measured(_on(old, answers.scores)),
        cuts=bench.cuts(fitted, unseen),
        after=_nothing(unseen)
        if isinstance(unseen, str)
        else bench.measured(unseen.scores).estimates,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Bench:
    """A label's films, with probabilities before any line, and what is wished for."""

    label: str
    answers: Answers
    order: Order
    old: Scaling | None
    draws: Draws

    def fitted(self, chosen: NDArray[np.bool_]) -> _Fitted:
        """Fit to the ``chosen`` films, ``bool`` (n,)."""
        scores, present = self.answers.scores[chosen], self.answers.present[chosen]
        scaling = self.old
        if self.order.method is not Method.NONE:
            scaling = fit(scores, present, method=self.order.method, label=self.label)
        now = _on(scaling, scores)
        thresholds = [w.threshold(now, present, label=self.label) for w in self.order.wishes]
        for low, high in pairwise(thresholds):
            if not low < high:
                raise UnusableList(
                    f"{self.label}: the threshold of urgent {self.order.urgent} is {high:.4g}:"
                    f" above {low:.4g}, that of {self.order.flagged}"
                )
        return _Fitted(scaling, tuple(thresholds))

    def unseen(self) -> _Unseen | str:
        """Judge each fold by what is fitted to the others, or say why that cannot be."""
        answers, size = self.answers, self.answers.films.size
        patients = self.draws.patients[answers.films]
        folds = fold(patients, answers.present, seed=self.order.seed)
        if folds is None:
            return "too few patients of one kind"
        scores, calls = np.empty(size), np.empty((len(self.order.wishes), size))
        for number in range(FOLDS):
            here = folds == number
            try:
                fitted = self.fitted(~here)
            except UnusableList as error:
                return f"not without a fifth of the patients: {error}"
            scores[here] = _on(fitted.scaling, answers.scores[here])
            calls[:, here] = scores[here] >= np.array(fitted.thresholds)[:, None]
        return _Unseen(scores, calls)

    def cuts(self, fitted: _Fitted, unseen: _Unseen | str) -> tuple[Cut, ...]:
        """Measure every threshold."""
        now = _on(fitted.scaling, self.answers.scores)
        return tuple(
            Cut(
                wish=wish,
                threshold=threshold,
                seen=self.measured(now, threshold).estimates,
                unseen=_nothing(unseen)
                if isinstance(unseen, str)
                else self.measured(unseen.calls[number], _CALLED).estimates,
            )
            for number, (wish, threshold) in enumerate(
                zip(self.order.wishes, fitted.thresholds, strict=True)
            )
        )

    def measured(self, scores: NDArray[np.float64], threshold: float | None = None) -> Result:
        """Measure other scores of the same films."""
        cut = None if threshold is None else Threshold(threshold, "calibrated on these films")
        answers = replace(self.answers, scores=scores)
        question = Question(self.label, self.label)
        return measure(question, answers, threshold=cut, draws=self.draws)


def _on(scaling: Scaling | None, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return scores if scaling is None else scaling.of(scores)


def _nothing(why: str) -> dict[str, Estimate]:
    return dict.fromkeys(MEASURES, Estimate(None, None, why))
