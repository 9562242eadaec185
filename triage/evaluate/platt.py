"""Temperature and Platt scaling of one label, fitted to films whose truth is known."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.scaling import Scaling, logit
from triage.evaluate.wish import refuse_one_kind

_CLOSE = 1e-10


class Method(StrEnum):
    """How many numbers of the line are free: none, the slope, or both."""

    NONE = "none"
    TEMPERATURE = "temperature"
    PLATT = "platt"


def fit(
    scores: NDArray[np.float64], present: NDArray[np.bool_], *, method: Method, label: str
) -> Scaling:
    """Find the line on the logit that makes the truth most likely.

    Platt's targets are used for both methods, (P + 1) / (P + 2) for the P films with the finding
    and 1 / (Q + 2) for the Q films without it (Platt 1999, eqs. 10 and 11), so that the line is
    finite however well the label ranks.

    Args:
        scores: (N,) probabilities within [0, 1].
        present: (N,).
        method: temperature or Platt.
        label: for messages.

    Raises:
        UnusableList: films of one kind are missing, all scores are equal, or the best line would
            turn the order of films round.
    """
    refuse_one_kind(present, label=label)
    places = logit(scores)
    if not np.ptp(places):
        raise UnusableList(f"{label}: all {scores.size} films have one probability: at least 2")
    positives, negatives = int(present.sum()), int((~present).sum())
    targets = np.where(present, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    try:
        if method is Method.TEMPERATURE:
            (slope,) = _descend(places[None], targets)
            return Scaling(float(slope))
        middle = places.mean()  # nearly independent of the slope, so that Newton's steps are good
        slope, height = _descend(np.stack([places - middle, np.ones_like(places)]), targets)
        return Scaling(float(slope), float(height - slope * middle))
    except ValueError as error:
        raise UnusableList(f"{method} scaling of {label}: {error}") from error


def _descend(rows: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Minimise the cross-entropy of ``sigmoid(parameters @ rows)``, which is convex, by Newton.

    Args:
        rows: (K, N).
        targets: (N,) within (0, 1).

    Returns:
        ``float64`` (K,).
    """
    found, step = np.zeros(len(rows)), np.ones(len(rows))
    while not _negligible(step, found):  # each turn lowers the loss, or is the last
        guess = np.exp(-np.logaddexp(0, -(found @ rows)))
        curvature = (rows * guess * (1 - guess)) @ rows.T  # (K, K)
        step = np.linalg.lstsq(curvature, rows @ (guess - targets), rcond=None)[0]
        loss = _loss(found, rows, targets)
        while _loss(found - step, rows, targets) >= loss and not _negligible(step, found):
            step = step / 2  # too far, where the curve is flat
        found = found - step
    return found


def _negligible(step: NDArray[np.float64], found: NDArray[np.float64]) -> bool:
    return bool(np.abs(step).max() <= _CLOSE * (1 + np.abs(found).max()))


def _loss(
    parameters: NDArray[np.float64], rows: NDArray[np.float64], targets: NDArray[np.float64]
) -> float:
    heights = parameters @ rows
    return float((np.logaddexp(0, heights) - targets * heights).sum())
