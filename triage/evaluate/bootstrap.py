"""Patients drawn with replacement, so that every measure gets an interval.

All measures see the same draws: a difference of two of them is that within each draw.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (2.5, 97.5)
ENOUGH = 0.95
"""An interval wants a defined measure in so many of the draws."""
_AT_ONCE = 250
_IN_A_PRODUCT = 64

Measure = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""From weights (N, d) of films to measures (K, d)."""


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """How often each patient was drawn.

    Args:
        counts: ``uint8`` (patients, at most 250) each, all draws one after the other.
        patients: (N,) the patient of each film, a row of ``counts``.
    """

    counts: tuple[NDArray[np.uint8], ...]
    patients: NDArray[np.intp]

    def measure(self, measure: Measure, *, films: NDArray[np.intp]) -> NDArray[np.float64]:
        """Measure some of the films in every draw.

        Args:
            measure: asked about a part of the draws at a time.
            films: (n,) which of the N films.

        Returns:
            ``float64`` (K, draws).
        """
        rows = self.patients[films]
        # Whole numbers below 2 ** 24 are exact in float32, at half the memory of float64.
        parts = [measure(counts[rows].astype(np.float32)) for counts in self.counts]
        return np.concatenate(parts, axis=1)

    def __len__(self) -> int:
        return sum(counts.shape[1] for counts in self.counts)


def draw(patients: NDArray[np.intp], *, count: int, seed: int) -> Draws:
    """Draw as many patients as there are, with replacement, ``count`` times (Efron 1979).

    Args:
        patients: (N,) the patient of each film, numbered from 0.
        count: at least 1.
        seed: the same one gives the same draws.
    """
    size = int(patients.max(initial=-1)) + 1
    generator = np.random.default_rng(seed)
    counts = np.empty((size, count), dtype=np.uint8)
    for column in range(count):
        drawn = generator.integers(size, size=size)
        counts[:, column] = np.bincount(drawn, minlength=size)
    parts = range(0, count, _AT_ONCE)
    return Draws(tuple(counts[:, k : k + _AT_ONCE].copy() for k in parts), patients)


def totals(
    rows: NDArray[np.floating] | NDArray[np.bool_], weights: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Sum what films have, under every weighting.

    Args:
        rows: (K, N) what each film adds to each of K sums.
        weights: (N, D), how often each film counts.

    Returns:
        (K, D), of the type of the weights: ``rows @ weights``, a few films at a time. A product
        as large as the whole goes to all processors, where its threads spin for each other: it
        took five times the processor's time beside other work.
    """
    sums = np.zeros((len(rows), weights.shape[1]), dtype=weights.dtype)
    for k in range(0, len(weights), _IN_A_PRODUCT):
        films = slice(k, k + _IN_A_PRODUCT)
        sums += rows[:, films].astype(weights.dtype) @ weights[films]
    return sums


def interval(values: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the middle 95 % of the draws (percentile method).

    Args:
        values: (draws,), NaN where a measure was undefined.

    Returns:
        ``None`` where fewer than 95 % of the draws are defined.

    >>> interval(np.arange(101.0))
    (2.5, 97.5)
    """
    defined = values[np.isfinite(values)]
    if not defined.size or defined.size < ENOUGH * values.size:
        return None
    low, high = np.percentile(defined, PERCENTILES)
    return float(low), float(high)
