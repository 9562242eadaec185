"""What a threshold does: the two-by-two table, and the measures read off it."""

import numpy as np
from numpy.typing import NDArray


def kinds(called: NDArray[np.bool_], present: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which cell of the table each film is in.

    Args:
        called: (N,), whether the score reaches the threshold.
        present: (N,).

    Returns:
        ``bool`` (4, N), to be summed over films: absent and not called, absent but called,
        present but not called, present and called.
    """
    return np.stack([~present & ~called, ~present & called, present & ~called, present & called])


def tables(sums: NDArray[np.floating]) -> NDArray[np.float64]:
    """Arrange sums of ``kinds``: (4, D) to ``float64`` (D, 2, 2), truth in rows."""
    return np.asarray(sums.T.reshape(-1, 2, 2), dtype=np.float64)


def sensitivity(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of films with the finding that are called: (D, 2, 2) to (D,)."""
    return _share(tables[:, 1, 1], tables[:, 1, :].sum(axis=1))


def specificity(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of films without the finding that are not called: (D, 2, 2) to (D,)."""
    return _share(tables[:, 0, 0], tables[:, 0, :].sum(axis=1))


def f1(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the harmonic mean of precision and sensitivity: (D, 2, 2) to (D,).

    NaN where nothing is called and nothing is present.

    >>> f1(np.array([[[90.0, 3.0], [2.0, 5.0]]])).tolist()
    [0.6666666666666666]
    """
    hits, errors = tables[:, 1, 1], tables[:, 0, 1] + tables[:, 1, 0]
    return _share(2 * hits, 2 * hits + errors)


def flag_rate(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of all films that are called: (D, 2, 2) to (D,).

    >>> flag_rate(np.array([[[90.0, 3.0], [2.0, 5.0]]])).tolist()
    [0.08]
    """
    return _share(tables[:, :, 1].sum(axis=1), tables.sum(axis=(1, 2)))


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(part / whole)
