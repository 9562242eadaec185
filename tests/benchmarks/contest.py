"""Contestants that take turns: one repetition of each, then again."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.receiver import BenchError

FAILURES = (BenchError, OSError, subprocess.SubprocessError)


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who is measured; a trial is one repetition in an empty folder."""

    name: str
    trial: Callable[[Path], Figures]


@dataclass(frozen=True, slots=True)
class Cell:
    """One comparison.

    Args:
        name: by which a user chooses it.
        title: what is measured.
        line_up: gives the contestants for as long as they are needed; the first is the product.
        shown: the names of the figures, the most important first.
        goals: what the product is to reach.
        parts: the names of what the first figure is made of, for a table of their own.
    """

    name: str
    title: str
    line_up: Callable[[], AbstractContextManager[Sequence[Contestant]]]
    shown: tuple[str, ...]
    goals: tuple[Goal, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(slots=True)
class Result:
    """What a cell gave."""

    cell: Cell
    samples: dict[str, list[Figures]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    seconds: float = 0.0


def contest(cell: Cell, folder: Path, *, repetitions: int) -> Result:
    """Let the contestants of a cell take turns; each repetition begins with another."""
    result = Result(cell)
    begin = monotonic()
    with cell.line_up() as contestants:
        result.samples = {contestant.name: [] for contestant in contestants}
        for repetition in range(repetitions):
            first = repetition % len(contestants)
            for contestant in [*contestants[first:], *contestants[:first]]:
                _take_turn(contestant, folder, result)
    result.seconds = monotonic() - begin
    return result


def _take_turn(contestant: Contestant, folder: Path, result: Result) -> None:
    figures: Figures = {}
    try:
        with _empty(folder / "turn") as empty:
            figures = contestant.trial(empty)
    except FAILURES as error:
        result.complaints.append(f"{contestant.name}: {error}")
    result.samples[contestant.name].append(figures)


@contextmanager
def _empty(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    os.sync()  # what the one before left unwritten shall not be paid by this one
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
