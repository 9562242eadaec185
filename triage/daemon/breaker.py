"""Pauses that grow: between attempts of one delivery, and between attempts at a destination."""

from collections.abc import Callable
from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_AWAY = timedelta(minutes=1)
"""A destination that was away for a day is tried again within this time."""

MOST_DOUBLINGS = 16  # beyond the longest pause; an exponent without limit overflows
SPREAD = 0.5

Chance = Callable[[], float]
"""Gives numbers from 0 to 1, so that many couriers do not come back in step."""


def back_off(failures: int, *, chance: Chance, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """Return how long to wait after so many failures in a row: 1 s, doubled each time.

    A little chance makes it up to half as long again, and never longer than the longest.

    >>> [back_off(count, chance=lambda: 0.0).total_seconds() for count in (1, 2, 3, 30)]
    [1.0, 2.0, 4.0, 200.0]
    """
    doubled: timedelta = FIRST_PAUSE * 2 ** min(max(failures - 1, 0), MOST_DOUBLINGS)
    return min(doubled, longest / (1 + SPREAD)) * (1 + SPREAD * chance())


class Breaker:
    """Keeps from trying a destination that has just failed; one attempt is let through at a time.

    Args:
        chance: of the pauses.
        longest: of the pauses.
    """

    def __init__(self, *, chance: Chance, longest: timedelta = LONGEST_AWAY) -> None:
        self._chance = chance
        self._longest = longest
        self._failures = 0
        self._until: datetime | None = None

    @property
    def failures(self) -> int:
        """How many attempts in a row have failed."""
        return self._failures

    def is_open(self, now: datetime) -> bool:
        """Tell whether the destination is left alone now."""
        return self._until is not None and now < self._until

    def failed(self, now: datetime) -> timedelta:
        """Note a failure; return how long the destination is left alone."""
        self._failures += 1
        pause = back_off(self._failures, chance=self._chance, longest=self._longest)
        self._until = now + pause
        return pause

    def succeeded(self) -> None:
        """Note that the destination answers."""
        self._failures = 0
        self._until = None
