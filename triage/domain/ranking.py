"""What training and evaluation ask of a ranking: its AUROC and its operating point."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """How a label's threshold behaves on the validation films.

    ``auroc``, ``sensitivity`` and ``specificity`` are within [0, 1]; ``positives`` and
    ``negatives`` count the films behind them.
    """

    threshold: float
    sensitivity: float
    specificity: float
    auroc: float
    positives: int
    negatives: int


def auroc(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Compute the area under the ROC curve, ties counted half (Hanley and McNeil 1982).

    Args:
        scores: (N,), finite.
        present: (N,), at least one of each kind, else the result is NaN.

    >>> auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    positives, negatives = int(present.sum()), int((~present).sum())
    if not positives or not negatives:
        return float("nan")
    beaten = midranks(scores)[present].sum() - positives * (positives + 1) / 2
    return float(beaten / (positives * negatives))


def midranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank scores from 1 upwards; equal scores share the mean of their ranks.

    Args:
        scores: (N,), finite.

    Returns:
        ``float64`` (N,) within [1, N].

    >>> midranks(np.array([0.5, 0.1, 0.5])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place])


def operating_point(
    scores: NDArray[np.float64], present: NDArray[np.bool_], *, specificity: float
) -> OperatingPoint:
    """Choose the lowest threshold that keeps at least ``specificity`` of the negatives below it.

    Args:
        scores: (N,) probabilities; a score that reaches the threshold is positive.
        present: (N,), at least one of each kind.
        specificity: wished for, within (0, 1).

    Returns:
        The threshold, halfway between two neighbouring negative scores, and what it does here.

    Raises:
        ValueError: no film of one of the two kinds.
    """
    negatives = scores[~present]
    if not negatives.size or not present.any():
        raise ValueError(f"{present.sum()} positives, {negatives.size} negatives: at least 1 each")
    threshold = threshold_above(negatives, share=specificity)
    return OperatingPoint(
        threshold=threshold,
        sensitivity=float((scores[present] >= threshold).mean()),
        specificity=float((negatives < threshold).mean()),
        auroc=auroc(scores, present),
        positives=int(present.sum()),
        negatives=int(negatives.size),
    )


def threshold_above(scores: NDArray[np.float64], *, share: float, ceiling: float = 1.0) -> float:
    """Choose the lowest threshold that keeps at least a share of the scores below it.

    Args:
        scores: (N,) probabilities, at least one; one that reaches the threshold is not below.
        share: within (0, 1).
        ceiling: stands in for the score above the highest one.

    Returns:
        Halfway between two neighbouring scores, or between the highest and the ceiling, which a
        score of 1 reaches all the same.

    >>> threshold_above(np.array([0.1, 0.3, 0.5, 0.7]), share=0.5)
    0.4
    """
    ordered = np.sort(scores)
    below = ordered[_count(share, ordered.size) - 1]
    above = min(ordered[ordered > below], default=ceiling)
    middle = float((below + above) / 2)
    return middle if middle > below else float(above)  # neighbours may have nothing between them


def threshold_within(scores: NDArray[np.float64], *, share: float, floor: float = 0.0) -> float:
    """Choose the highest threshold that at least a share of the scores reach.

    Args:
        scores: (N,) probabilities, at least one.
        share: within (0, 1).
        floor: stands in for the score below the lowest one.

    Returns:
        Halfway between two neighbouring scores, or between the floor and the lowest.

    >>> threshold_within(np.array([0.1, 0.3, 0.5, 0.7]), share=0.5)
    0.4
    """
    ordered = np.sort(scores)
    reaches = ordered[ordered.size - _count(share, ordered.size)]
    below = max(ordered[ordered < reaches], default=floor)
    middle = float((below + reaches) / 2)
    return middle if middle > below else float(reaches)


def _count(share: float, size: int) -> int:
    """Return the fewest of ``size`` scores that are the share, whatever the product rounds to."""
    return max(1, int(np.ceil(share * size - 1e-9)))
