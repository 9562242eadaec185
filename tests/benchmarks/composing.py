"""Cells of what goes back: a flagged film's picture and its Secondary Capture."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import Goal
from tests.benchmarks.objects import CR, DX, Size
from tests.benchmarks.warm import answer, asked
from tests.benchmarks.workshop import Workshop
from triage.cli.commands import THREADS

FILMS = 4
WAYS = {"triage": "plain", "triage, JPEG": "jpeg"}


def composing_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    for size in (DX, CR):
        yield Cell(
            name=f"compose-{size.name}",
            title=(
                f"{size.columns} x {size.rows}, read and assessed, 16 findings, 1 thread: "
                "overlay and capture of one film"
            ),
            line_up=partial(_line_up, workshop, size),
            shown=("CPU ms", "wall ms", "object MB"),
            goals=(Goal("CPU ms", 50),) if size is DX else (),
        )


@contextmanager
def _line_up(workshop: Workshop, size: Size) -> Iterator[Sequence[Contestant]]:
    films = workshop.shelf.files(size, workshop.number(FILMS))
    with ExitStack() as held:
        yield [held.enter_context(_composer(name, films)) for name in WAYS]


@contextmanager
def _composer(name: str, films: Sequence[Path]) -> Iterator[Contestant]:
    """Keep a process that is warm when its first turn comes."""
    command = [sys.executable, "-m", "tests.benchmarks.composer", WAYS[name]]
    line = json.dumps([str(path) for path in films])
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=THREADS | os.environ,  # as the daemon gives it to its worker
    ) as process:
        try:
            answer(process)
            yield Contestant(name, lambda _: asked(process, line))
        finally:
            process.kill()
