"""The variance of AUROCs, and the difference of two on the same films, by DeLong et al. 1988."""

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from triage.domain.ranking import midranks
from triage.evaluate.agreement import NORMAL_QUANTILE

FEWEST = 2
"""Films of each kind; one alone has no variance."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The AUROC of one score minus that of another, on the same films.

    Args:
        first: AUROC of the first score.
        second: AUROC of the second score.
        interval: of ``first - second``, at 95 %.
        p_value: two-sided, that the two are equal; ``None`` where the difference has no variance.
    """

    first: float
    second: float
    interval: tuple[float, float]
    p_value: float | None

    @property
    def value(self) -> float:
        """``first - second``."""
        return self.first - self.second


def covariance(
    scores: NDArray[np.float64], present: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute AUROCs and their covariance from ranks (DeLong et al. 1988; Sun and Xu 2014).

    Films count as independent: a patient with many films makes the variance too small.

    Args:
        scores: (K, N), finite; K scores of the same films.
        present: (N,), at least two of each kind.

    Returns:
        ``float64`` (K,) AUROCs and ``float64`` (K, K) covariances.

    Raises:
        ValueError: fewer than two films of one kind.
    """
    positives, negatives = int(present.sum()), int((~present).sum())
    if min(positives, negatives) < FEWEST:
        raise ValueError(f"{positives} positives, {negatives} negatives: at least {FEWEST} each")
    ranks = np.stack([midranks(row) for row in scores])
    among = np.stack([midranks(row[present]) for row in scores])
    apart = np.stack([midranks(row[~present]) for row in scores])
    above = (ranks[:, present] - among) / negatives  # (K, positives), eq. 4
    below = 1 - (ranks[:, ~present] - apart) / positives  # (K, negatives), eq. 5
    spread = np.cov(above) / positives + np.cov(below) / negatives
    return above.mean(axis=1), np.atleast_2d(spread)


def paired_difference(
    first: NDArray[np.float64], second: NDArray[np.float64], present: NDArray[np.bool_]
) -> Difference:
    """Compare the AUROCs of two scores of the same films.

    Args:
        first: (N,), finite.
        second: (N,), finite.
        present: (N,), at least two of each kind.

    Raises:
        ValueError: fewer than two films of one kind.
    """
    areas, spread = covariance(np.stack([first, second]), present)
    contrast = np.array([1.0, -1.0])
    value, variance = float(contrast @ areas), float(contrast @ spread @ contrast)
    half = NORMAL_QUANTILE * sqrt(max(0.0, variance))
    p_value = erfc(abs(value) / sqrt(2 * variance)) if variance > 0 else None
    return Difference(float(areas[0]), float(areas[1]), (value - half, value + half), p_value)
