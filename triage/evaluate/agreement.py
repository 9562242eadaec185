"""Cohen's kappa: the one implementation of the product, with its interval and p-value."""

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONSTANT = "one of the two always gave the same answer, and that makes it 0"
"""Why a kappa has neither interval nor p-value: no answer of the other one could change it.

Reasons speak of no reader and of no film: a model or labels may be compared, and studies.
"""

LEVEL = 0.95
NORMAL_QUANTILE = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two readers agree beyond chance.

    Args:
        count: films that both have read.
        kappa: within [-1, 1]; ``None`` where it is undefined.
        interval: at 95 %, from the large-sample variance, not clipped; ``None`` where undefined.
        p_value: two-sided, that kappa is 0; ``None`` where it is undefined.
        why: what makes a figure undefined; empty where all of them are there.
    """

    count: int
    kappa: float | None
    interval: tuple[float, float] | None
    p_value: float | None
    why: str = ""


def cohen_kappa(tables: ArrayLike) -> NDArray[np.float64]:
    """Compute kappa (Cohen 1960, eq. 1) of many tables at once.

    Args:
        tables: (..., K, K) counts or weights; one reader's rows, the other's columns.

    Returns:
        ``float64`` (...); NaN where a table is empty or chance alone explains everything.

    >>> cohen_kappa([[20, 5], [10, 15]]).item()
    0.4
    """
    counts = np.asarray(tables, dtype=np.float64)
    total = counts.sum(axis=(-2, -1))
    rows, columns = counts.sum(axis=-1), counts.sum(axis=-2)  # (..., K)
    observed = np.trace(counts, axis1=-2, axis2=-1) * total
    expected = (rows * columns).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((observed - expected) / (total * total - expected))


def agreement(table: ArrayLike) -> Agreement:
    """Compute kappa with interval and p-value (Fleiss, Cohen and Everitt 1969, eqs. 13 and 14).

    Args:
        table: (K, K) whole numbers of films; one reader's rows, the other's columns.

    Raises:
        ValueError: the table is not square, or a count is negative or broken.
    """
    counts = _counts(table)
    total = counts.sum()
    if not total:
        return Agreement(0, None, None, None, "nothing was answered by both")
    kappa = float(cohen_kappa(counts))
    if np.isnan(kappa):
        why = "both always gave the same answer: chance alone explains all of it"
        return Agreement(int(total), None, None, None, why)
    shares = counts / total
    by_chance = _variance_by_chance(shares) / total
    if by_chance <= 0:
        why = (
            CONSTANT
            if constant(counts)
            else "the two have no kind of answer in common, and that makes it 0"
        )
        return Agreement(int(total), kappa, None, None, why)
    half = NORMAL_QUANTILE * sqrt(_variance(shares, kappa) / total)
    p_value = erfc(abs(kappa) / sqrt(2 * by_chance))
    return Agreement(int(total), kappa, (kappa - half, kappa + half), p_value)


def constant(table: NDArray[np.float64]) -> bool:
    """Tell whether one of the two readers of a table (K, K) gave every film the same answer."""
    return any(np.count_nonzero(table.sum(axis=axis)) == 1 for axis in (0, 1))


def _counts(table: ArrayLike) -> NDArray[np.float64]:
    counts = np.asarray(table, dtype=np.float64)
    if counts.shape != counts.shape[:1] * 2:
        raise ValueError(f"a table of shape {counts.shape}: as many rows as columns")
    if (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError(f"a count of {counts.min()}: whole numbers from 0")
    return counts


def _variance(shares: NDArray[np.float64], kappa: float) -> float:
    """Return N times the variance of kappa (eq. 13); rounding below 0 is 0."""
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    expected = rows @ columns
    same = np.diag(shares)
    agreed = same @ (1 - (rows + columns) * (1 - kappa)) ** 2
    crossed = shares * (columns[:, None] + rows[None, :]) ** 2  # (K, K), marginals exchanged
    differed = (1 - kappa) ** 2 * (crossed.sum() - np.trace(crossed))
    excess = (kappa - expected * (1 - kappa)) ** 2
    return float(max(0.0, (agreed + differed - excess) / (1 - expected) ** 2))


def _variance_by_chance(shares: NDArray[np.float64]) -> float:
    """Return N times the variance of kappa where the readers are independent (eq. 14)."""
    if constant(shares):
        return 0.0
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    expected = rows @ columns
    crossed = (rows * columns) @ (rows + columns)
    return float((expected + expected**2 - crossed) / (1 - expected) ** 2)
