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


def errors(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return each film's errors, to be summed over films.

    Args:
        scores: (N,) probabilities within [0, 1].
        present: (N,).

    Returns:
        ``float64`` (1 + BINS, N): the squared error, then score minus truth in the film's own
        bin and 0 in the others.
    """
    excess = np.where(_membership(scores), scores - present, 0.0)
    return np.concatenate([[(scores - present) ** 2], excess])


def brier(sums: NDArray[np.floating], films: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean squared error (Brier 1950, for one class).

    Args:
        sums: (1 + BINS, D) of ``errors``.
        films: (D,) how many were summed.

    Returns:
        ``float64`` (D,) within [0, 1]; NaN where no film was summed.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(sums[0] / films)


def calibration_error(
    sums: NDArray[np.floating], films: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the expected calibration error (Guo et al. 2017, eq. 3) of P(present).

    Args:
        sums: (1 + BINS, D) of ``errors``.
        films: (D,) how many were summed.

    Returns:
        ``float64`` (D,) within [0, 1]: over the bins, the mean distance of predicted and
        observed, weighted by films; NaN where no film was summed.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(sums[1:]).sum(axis=0, dtype=np.float64) / films)


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
