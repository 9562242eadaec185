"""Cells of decoding: a film in a transfer syntax, ready for the network."""

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.objects import CR, DX, SMALL, Size
from tests.benchmarks.syntaxes import SYNTAXES, Syntax, transcoded
from tests.benchmarks.warm import answer, asked
from tests.benchmarks.workshop import Workshop

FILMS = 4
"""Of one repetition; different files, so that none lies in a processor's cache."""

WAYS = {"triage": "guarded", "triage, no child": "unguarded", "pydicom": "pydicom"}
SHOWN = (
    "CPU ms",
    "wall ms",
    "child's peak RSS MB",
    "address space added MB",
)
GOALS = (Goal("CPU ms", 25), Goal("CPU ms", 5, "pydicom"))
PLAIN = frozenset({"explicit", "implicit"})
SIDE = "224"


def decoding_cells(workshop: Workshop) -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    for size in (DX, CR):
        for syntax in SYNTAXES:
            if syntax.is_here:
                yield _cell(workshop, size, syntax)


def _cell(workshop: Workshop, size: Size, syntax: Syntax) -> Cell:
    return Cell(
        name=f"decode-{size.name}-{syntax.name}",
        title=f"{size.columns} x {size.rows}, {syntax.title}, to a network input, one film",
        line_up=partial(_line_up, workshop, size, syntax),
        shown=SHOWN,
        goals=GOALS if size is DX and syntax.name in PLAIN else (),
    )


@contextmanager
def _line_up(workshop: Workshop, size: Size, syntax: Syntax) -> Iterator[Sequence[Contestant]]:
    films = transcoded(workshop.shelf, size, syntax, workshop.number(FILMS))
    (tiny,) = transcoded(workshop.shelf, SMALL, syntax, 1)
    with ExitStack() as held:
        yield [
            *(held.enter_context(_reader(name, films, tiny)) for name in WAYS),
            *_renderers(syntax, films, tiny),
        ]


@contextmanager
def _reader(name: str, films: Sequence[Path], tiny: Path) -> Iterator[Contestant]:
    """Keep a process that is warm when its first turn comes."""
    command = [sys.executable, "-m", "tests.benchmarks.reader", WAYS[name], str(tiny)]
    line = json.dumps([str(path) for path in films])
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            answer(process)
            yield Contestant(name, lambda _: asked(process, line))
        finally:
            process.kill()


def _renderers(syntax: Syntax, films: Sequence[Path], tiny: Path) -> Iterator[Contestant]:
    """DCMTK draws a picture of 8 bits; what it takes to start a process is told apart."""
    program = "dcml2pnm" if syntax.name == "jpeg-ls" else "dcmj2pnm"
    if shutil.which(program) and syntax.name != "jpeg-2000":
        yield Contestant(program, partial(_draw, program, films))
        yield Contestant(
            f"{program}, {SMALL.rows} x {SMALL.columns}",
            partial(_draw, program, [tiny] * len(films)),
        )


def _draw(program: str, films: Sequence[Path], folder: Path) -> Figures:
    command = (program, "--quiet", "--write-raw-pnm", "+Wi", "1", "+Syv", SIDE)
    begin, cpu = time.perf_counter(), _cpu_of_ended()
    for path in films:
        subprocess.run((*command, path, folder / "drawn"), check=True)
    wall_s, cpu_s = time.perf_counter() - begin, _cpu_of_ended() - cpu
    return {"CPU ms": 1000 * cpu_s / len(films), "wall ms": 1000 * wall_s / len(films)}


def _cpu_of_ended() -> float:
    """Return the CPU time of all children that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
