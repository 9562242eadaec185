"""Whether very many cases take bounded work each, and no memory for good."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from time import thread_time

import structlog

from tests.builders.memory import measured_growth
from tests.builders.mutation import seeded

FLAT_MB = 16.0
LONGEST_S = 1.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How many cases ran, the longest of them in CPU seconds, and what they grew by at most."""

    cases: int
    total_s: float
    longest_s: float
    grown_mb: float

    def __str__(self) -> str:
        rate, longest_ms = self.cases / self.total_s, 1000 * self.longest_s
        return (
            f"{self.cases:,} cases, {rate:,.0f} a second, the longest {longest_ms:.1f} ms,"
            f" grown by {self.grown_mb:.1f} MB"
        )


def run_cases(case: Callable[[Random], object], *, seed: int, count: int) -> Effort:
    """Run so many cases, each with a randomness of its own; what one raises comes through."""
    begin = before = thread_time()
    longest_s = 0.0
    with measured_growth() as growth:
        for randomness in seeded(seed, count):
            case(randomness)
            now = thread_time()
            longest_s = max(longest_s, now - before)
            before = now
        return Effort(count, before - begin, longest_s, growth.megabytes)


@contextmanager
def silence() -> Iterator[None]:
    """Log nothing: a million lines would be measured instead of what writes them."""
    before, disabled = structlog.get_config(), logging.root.manager.disable
    structlog.configure(processors=[_drop])
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(disabled)
        structlog.configure(**before)


def _drop(_logger: object, _method: str, _event: object) -> dict[str, object]:
    raise structlog.DropEvent
