"""Every measure of one question, with the intervals that drawing patients gives."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.domain.ranking import operating_point
from triage.evaluate.agreement import CONSTANT, cohen_kappa, constant
from triage.evaluate.bootstrap import Draws, interval, totals
from triage.evaluate.calibration import brier, calibration_error, errors
from triage.evaluate.cases import Answers, Question
from triage.evaluate.confusion import f1, flag_rate, kinds, sensitivity, specificity, tables
from triage.evaluate.roc import auroc_and_precision, rank

MEASURES = (
    "auroc",
    "average_precision",
    "sensitivity",
    "specificity",
    "f1",
    "kappa",
    "flag_rate",
    "brier",
    "calibration_error",
)
CHOSEN_AT = 0.80
"""Specificity of a threshold that nobody gave, as ``triage train`` sets it."""
CHOSEN = f"chosen on these films at specificity {CHOSEN_AT:.2f}"
"""The origin of such a threshold."""

_NO_POSITIVE = "no film with the finding"
_NO_NEGATIVE = "no film without the finding"
_WANTS = {
    "auroc": (_NO_POSITIVE, _NO_NEGATIVE),
    "average_precision": (_NO_POSITIVE,),
    "sensitivity": (_NO_POSITIVE,),
    "specificity": (_NO_NEGATIVE,),
}
_NOTHING = {
    "f1": "nothing called and nothing there",
    "kappa": "every film has and gets the same answer",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with its 95 % interval.

    Args:
        value: ``None`` where it is undefined.
        interval: of the draws of patients; ``None`` where too few draws are defined.
        why: what makes value or interval undefined, else empty.
    """

    value: float | None
    interval: tuple[float, float] | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A score that reaches ``value`` calls the finding; ``origin`` says who chose it."""

    value: float
    origin: str


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What is measured of one question on one group of films.

    Args:
        question: score and label.
        films: how many there are.
        patients: how many they belong to.
        positives: films with the finding.
        threshold: ``None`` where none was given and none can be chosen.
        estimates: by the names of ``MEASURES``; those that need a threshold are missing if none.
        aurocs: ``float64`` (draws,), for means and differences.
    """

    question: Question
    films: int
    patients: int
    positives: int
    threshold: Threshold | None
    estimates: Mapping[str, Estimate]
    aurocs: NDArray[np.float64]

    @property
    def prevalence(self) -> float | None:
        """The share of films with the finding, ``None`` where there is no film."""
        return self.positives / self.films if self.films else None


def choose_threshold(answers: Answers) -> Threshold | None:
    """Choose the lowest threshold that keeps specificity 0.80 on these very films.

    There is none where too many films without the finding have the highest score.
    """
    if answers.present.all() or not answers.present.any():
        return None
    point = operating_point(answers.scores, answers.present, specificity=CHOSEN_AT)
    if point.specificity < CHOSEN_AT:
        return None
    return Threshold(point.threshold, CHOSEN)


def measure(
    question: Question, answers: Answers, *, threshold: Threshold | None, draws: Draws
) -> Result:
    """Measure everything on the films of ``answers``; nothing but a count where there is none."""
    answers = answers.falling()
    positives = int(answers.present.sum())
    names = MEASURES if threshold else ("auroc", "average_precision", "brier", "calibration_error")
    cut = threshold.value if threshold else np.nan
    once = np.ones((answers.films.size, 1))
    empty = not answers.films.size
    values = np.full((len(MEASURES), 1), np.nan) if empty else _measured(answers, cut, once)
    drawn = (
        np.full((len(MEASURES), len(draws)), np.nan)
        if empty
        else draws.measure(lambda w: _measured(answers, cut, w), films=answers.films)
    )
    estimates = {
        name: estimate(float(values[n, 0]), drawn[n], why=_why(name, answers.present))
        for n, name in enumerate(MEASURES)
        if name in names
    }
    if threshold and constant(tables(kinds(answers.scores >= cut, answers.present) @ once)[0]):
        estimates["kappa"] = _unmoved(estimates["kappa"])
    return Result(
        question=question,
        films=answers.films.size,
        patients=np.unique(draws.patients[answers.films]).size,
        positives=positives,
        threshold=threshold,
        estimates=estimates,
        aurocs=drawn[0],
    )


def estimate(value: float, draws: NDArray[np.float64], *, why: str = "") -> Estimate:
    """Make an estimate of a value and its draws.

    Args:
        value: NaN where it is undefined.
        draws: (draws,), NaN where undefined.
        why: what makes an undefined value so.
    """
    if np.isnan(value):
        return Estimate(None, None, why)
    found = interval(draws)
    lacking = int((~np.isfinite(draws)).sum())
    return Estimate(value, found, "" if found else f"undefined in {lacking} of {draws.size} draws")


def _measured(
    answers: Answers, threshold: float, weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return (MEASURES, D) for weights (n, D) of films in falling order of score.

    Those at a threshold are NaN where it is.
    """
    scores, present = answers.scores, answers.present
    rows = np.concatenate([kinds(scores >= threshold, present), errors(scores, present)])
    sums = totals(rows, weights)  # (4 + 1 + BINS, D)
    table, wrong = tables(sums[:4]), sums[4:]
    called = np.stack(
        [each(table) for each in (sensitivity, specificity, f1, cohen_kappa, flag_rate)]
    )
    if np.isnan(threshold):
        called[:] = np.nan
    area, average = auroc_and_precision(rank(scores, present), weights)
    films = table.sum(axis=(1, 2))
    return np.stack([area, average, *called, brier(wrong, films), calibration_error(wrong, films)])


def _unmoved(kappa: Estimate) -> Estimate:
    """Take the interval from a kappa that is 0 whatever films are drawn."""
    return kappa if kappa.value is None else Estimate(kappa.value, None, CONSTANT)


def _why(name: str, present: NDArray[np.bool_]) -> str:
    if not present.size:
        return "no film"
    lacking = [_NO_POSITIVE] * (not present.any()) + [_NO_NEGATIVE] * bool(present.all())
    reasons = [reason for reason in lacking if reason in _WANTS.get(name, ())]
    return reasons[0] if reasons else _NOTHING.get(name, "undefined")
