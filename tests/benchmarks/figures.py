"""Figures, how they are compared, and what they are to reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

Figures = Mapping[str, float]
"""What one repetition gave, nothing where it failed; the last word of a name is its unit."""

Samples = Mapping[str, Sequence[Figures]]
"""The repetitions of each contestant, in the order in which they ran."""

PRODUCT = "triage"
DURATIONS_AND_SIZES = {"ms", "s", "MB", "MiB"}


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and the least and the most beside it.

    >>> Spread.of([3.0, 1.0, 2.0])
    Spread(middle=2.0, least=1.0, most=3.0)
    """

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise at least one value."""
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        return f"{_short(self.middle)} ({_short(self.least)}-{_short(self.most)})"


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a figure of the product.

    Args:
        figure: its name.
        bound: the least, or for a duration or a size the most; against somebody else, how many
            times better at least.
        against: another contestant of the same cell.
        whose: the contestant that is to reach it.
    """

    figure: str
    bound: float
    against: str | None = None
    whose: str = PRODUCT

    def reached(self, samples: Samples) -> Spread | None:
        """Return what is compared with the bound; ``None`` where somebody gave no figure."""
        if self.against is not None:
            return times_better(samples, self.figure, self.whose, self.against)
        return summary(samples.get(self.whose, ()), self.figure)

    def met(self, reached: Spread) -> bool:
        """Tell whether a result is good enough."""
        if self.against is None and smaller_is_better(self.figure):
            return reached.middle <= self.bound
        return reached.middle >= self.bound

    def __str__(self) -> str:
        if self.against is not None:
            return f"{self.figure}: at least {self.bound:g} x {self.against}"
        side = "at most" if smaller_is_better(self.figure) else "at least"
        whose = "" if self.whose == PRODUCT else f" ({self.whose})"
        return f"{self.figure}{whose}: {side} {self.bound:g}"


def summary(runs: Sequence[Figures], figure: str) -> Spread | None:
    """Summarise a figure over those repetitions that gave it.

    >>> summary([{"p50 ms": 1.0}, {}], "p50 ms")
    Spread(middle=1.0, least=1.0, most=1.0)
    """
    values = [run[figure] for run in runs if figure in run]
    return Spread.of(values) if values else None


def times_better(samples: Samples, figure: str, one: str, other: str) -> Spread | None:
    """Compare two contestants repetition by repetition: neighbours met the same disk.

    >>> runs = {"a": [{"p50 ms": 1.0}], "b": [{"p50 ms": 4.0}]}
    >>> times_better(runs, "p50 ms", "a", "b")
    Spread(middle=4.0, least=4.0, most=4.0)
    """
    pairs = zip(samples.get(one, ()), samples.get(other, ()), strict=False)
    ratios = [a[figure] / b[figure] for a, b in pairs if a.get(figure) and b.get(figure)]
    if smaller_is_better(figure):
        ratios = [1 / ratio for ratio in ratios]
    return Spread.of(ratios) if ratios else None


def smaller_is_better(figure: str) -> bool:
    """Tell durations and sizes from rates and counts.

    >>> smaller_is_better("p95 ms"), smaller_is_better("MB/s")
    (True, False)
    """
    return figure.rsplit(maxsplit=1)[-1] in DURATIONS_AND_SIZES


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that so great a part of all does not exceed.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[max(0, ceil(part * len(ordered)) - 1)]


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
