"""A window for films that bring none: the range that holds nearly all of their values."""

import numpy as np
from numpy.typing import NDArray

from triage.domain.quantile import percentiles

TAIL_PERCENT = 0.5
"""Part of the values left out at each end: markers, dead pixels and open field are less."""

_SAMPLED_SIDE = 256


def sampled(
    stored: NDArray[np.generic], padding: tuple[float, float] | None
) -> NDArray[np.float32]:
    """Take every n-th pixel of every n-th row, about 256 x 256 of them, without padding.

    Args:
        stored: (rows, columns).
        padding: lowest and highest stored value of the padding, both included.

    Returns:
        ``float32`` (n,), at least one value: padding counts where there is nothing else.
    """
    step = max(1, min(stored.shape) // _SAMPLED_SIDE)
    values = stored[::step, ::step].astype(np.float32).ravel()
    if padding is None:
        return values
    kept = values[(values < padding[0]) | (values > padding[1])]
    return kept if kept.size else values


def spread(values: NDArray[np.float32]) -> tuple[float, float]:
    """Find the range without the tails.

    Both tails are cut alike, so the range of an inverted or linearly mapped film is the
    inverted or mapped range.

    Args:
        values: ``float32`` (n,), n at least 1.

    Returns:
        Lower and upper end; equal where nearly all values are.

    >>> spread(np.float32([5, 5, 5]))
    (5.0, 5.0)
    """
    low, high = percentiles(values, TAIL_PERCENT, 100 - TAIL_PERCENT)
    return low, high
