"""Whether probabilities mean what they say: Brier score, calibration error, and the curve."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Of equal width, as Guo et al. 2017 count them."""


class Reliability(NamedTuple):
    """Films by predicted probability: ``float64`` (BINS,) each, NaN where a bin is empty."""

    films: NDArray[np.float64]
    predicted: NDArray[np.float64]
    observed: NDArray[np.float64]


def brier(
    scores: NDArray[np.float64], present: NDArray[np.bool_], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the mean squared difference of probability and truth (Brier 1950, for one class).

    Args:
        scores: (N,) probabilities within [0, 1].
        present: (N,).
        weights: (N, D), how often each film counts.

    Returns:
        ``float64`` (D,) within [0, 1]; NaN where a weighting is empty.
    """
    squares = ((scores - present) ** 2).astype(weights.dtype)
    with np.errstate(invalid="ignore"):
        return np.asarray(squares @ weights / weights.sum(axis=0), dtype=np.float64)


def calibration_error(
    scores: NDArray[np.float64], present: NDArray[np.bool_], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the expected calibration error (Guo et al. 2017, eq. 3) of P(present).

    Args:
        scores: (N,) probabilities within [0, 1].
        present: (N,).
        weights: (N, D), how often each film counts.

    Returns:
        ``float64`` (D,) within [0, 1]: over the bins, the mean distance of predicted and
        observed, weighted by films; NaN where a weighting is empty.
    """
    excess = np.where(_membership(scores), scores - present, 0.0)  # (BINS, N)
    gaps = np.abs(excess.astype(weights.dtype) @ weights).sum(axis=0)  # (D,)
    with np.errstate(invalid="ignore"):
        return np.asarray(gaps / weights.sum(axis=0), dtype=np.float64)


def reliability(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> Reliability:
    """Return what was predicted and what was found in each bin.

    Args:
        scores: (N,) probabilities within [0, 1].
        present: (N,).
    """
    within = _membership(scores).astype(np.float64)  # (BINS, N)
    count = within.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return Reliability(count, within @ scores / count, within @ present / count)


def _membership(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which bin each score is in; a bin holds its lower edge, the last one 1 too."""
    bins = np.minimum((scores * BINS).astype(np.intp), BINS - 1)
    return np.asarray(bins == np.arange(BINS)[:, None])
