"""The ranking of scores under weights: AUROC, average precision, and the curve itself."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Curve(NamedTuple):
    """A ROC curve from (0, 0) to (1, 1): ``float64`` (M,) shares, both rising."""

    false_positives: NDArray[np.float64]
    sensitivity: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """Films in falling order of score, cut into blocks that weights are summed over.

    Equal scores are never cut apart; films without the finding that stand between two with it
    are one block, since nothing depends on their order.

    Args:
        starts: (B,) where each block begins.
        found: (F,) the films with the finding.
        first: (G,) where in ``found`` each block that holds some begins.
        holds: ``bool`` (B,), which blocks those are, G of them.
    """

    starts: NDArray[np.intp]
    found: NDArray[np.intp]
    first: NDArray[np.intp]
    holds: NDArray[np.bool_]


def rank(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> Ranks:
    """Cut sorted films into blocks, once for any number of weightings.

    Args:
        scores: (N,), finite, falling; at least one.
        present: (N,).
    """
    ties = np.concatenate([[0], np.flatnonzero(np.diff(scores)) + 1])  # of equal scores
    holds = np.logical_or.reduceat(present, ties)
    begins = holds | np.concatenate([[True], holds[:-1]])
    found = np.flatnonzero(present)
    first = np.searchsorted(found, ties[holds])
    return Ranks(ties[begins], found, first, holds[begins])


def auroc_and_precision(
    ranks: Ranks, weights: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute AUROC, ties counted half, and average precision under weights.

    Average precision is the sum over thresholds of precision times the step in sensitivity:
    no line is drawn between two thresholds.

    Args:
        ranks: of N films.
        weights: (N, D) whole numbers from 0, how often each film counts, for D weightings; in
            the order of the ranks.

    Returns:
        ``float64`` (D,) each; NaN where a weighting leaves films of one kind only, for average
        precision where it leaves none with the finding.
    """
    passed = np.add.reduceat(weights, ranks.starts, axis=0).astype(np.float64)  # (B, D)
    passed = passed.cumsum(axis=0)
    if not ranks.found.size:
        return np.full(weights.shape[1], np.nan), np.full(weights.shape[1], np.nan)
    found = np.add.reduceat(weights[ranks.found], ranks.first, axis=0).astype(np.float64)  # (G, D)
    hits, down_to = found.cumsum(axis=0), passed[ranks.holds]
    before = np.concatenate([np.zeros((1, weights.shape[1])), passed[:-1]])[ranks.holds]
    above, beside = before - hits + found, down_to - before - found  # negatives
    positives, negatives = hits[-1], passed[-1] - hits[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        area = 1 - (found * (above + beside / 2)).sum(axis=0) / (positives * negatives)
        precision = np.where(found > 0, hits / down_to, 0.0)
        average = (found * precision).sum(axis=0) / positives
    return area, average


def curve(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> Curve:
    """Draw the ROC curve, one corner for each score that films have.

    Args:
        scores: (N,), finite.
        present: (N,), at least one of each kind.
    """
    order = np.argsort(-scores, kind="stable")
    last = np.concatenate([np.flatnonzero(np.diff(scores[order])), [scores.size - 1]])
    hits = np.cumsum(present[order])[last]
    alarms = last + 1 - hits
    return Curve(
        np.concatenate([[0.0], alarms / (~present).sum()]),
        np.concatenate([[0.0], hits / present.sum()]),
    )
