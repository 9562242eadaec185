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
        order: (N,) films, the highest score first.
        present: ``bool`` (N,) in that order.
        starts: (B,) where each block begins.
    """

    order: NDArray[np.intp]
    present: NDArray[np.bool_]
    starts: NDArray[np.intp]


def rank(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> Ranks:
    """Sort films once, for any number of weightings.

    Args:
        scores: (N,), finite; at least one.
        present: (N,).
    """
    order = np.argsort(-scores, kind="stable")
    fallen = np.flatnonzero(np.diff(scores[order])) + 1
    ties = np.concatenate([[0], fallen])  # where each group of equal scores begins
    holds = np.logical_or.reduceat(present[order], ties)
    follows = np.concatenate([[True], holds[:-1]])
    return Ranks(order, present[order], ties[holds | follows])


def auroc_and_precision(
    ranks: Ranks, weights: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute AUROC, ties counted half, and average precision under weights.

    Average precision is the sum over thresholds of precision times the step in sensitivity:
    no line is drawn between two thresholds.

    Args:
        ranks: of N films.
        weights: (N, D) whole numbers from 0, how often each film counts, for D weightings.

    Returns:
        ``float64`` (D,) each; NaN where a weighting leaves films of one kind only, for average
        precision where it leaves none with the finding.
    """
    sorted_weights = weights[ranks.order]
    every = np.add.reduceat(sorted_weights, ranks.starts, axis=0, dtype=np.float64)  # (B, D)
    with_finding = sorted_weights * ranks.present[:, None]
    found = np.add.reduceat(with_finding, ranks.starts, axis=0, dtype=np.float64)
    passed, hits = every.cumsum(axis=0), found.cumsum(axis=0)  # (B, D), down to each block
    positives, negatives = hits[-1], passed[-1] - hits[-1]
    missed = passed - hits - (every - found) / 2  # negatives above, and half of those beside
    with np.errstate(invalid="ignore", divide="ignore"):
        area = 1 - (found * missed).sum(axis=0) / (positives * negatives)
        precision = np.where(found > 0, hits / passed, 0.0)
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
