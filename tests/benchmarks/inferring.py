"""Cells of inference: images a second on the CPU beside other engines, and the first result."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.networks import NEEDS, WAYS
from tests.benchmarks.receiver import BenchError
from tests.benchmarks.warm import answer, asked

FILM = Path(__file__).parents[2] / "sample_dicoms" / "cr_normal.dcm"
GOALS = (
    Goal("images/s", 0.9, "OpenVINO bfloat16"),
    Goal("images/s", 5, "torch + pytorch-grad-cam"),
)


def inference_cells() -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    yield Cell(
        name="infer-cpu",
        title="2 threads, in memory: the product with every map, others as named",
        line_up=_line_up,
        shown=("images/s", "images/CPU-s"),
        goals=GOALS,
    )
    yield Cell(
        name="infer-first",
        title="from the start of a process to the first film's files",
        line_up=lambda: nullcontext([Contestant("triage", _first)]),
        shown=("wall s",),
        goals=(Goal("wall s", 6),),
    )


@contextmanager
def _line_up() -> Iterator[Sequence[Contestant]]:
    with ExitStack() as held:
        yield [held.enter_context(_engine(name)) for name in WAYS]


@contextmanager
def _engine(name: str) -> Iterator[Contestant]:
    """Keep a process that is warm when its first turn comes."""
    if (module := NEEDS.get(name)) and find_spec(module) is None:
        yield Contestant(name, lambda _: absent(module))
        return
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.networks", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"OMP_WAIT_POLICY": "passive"} | os.environ,
    ) as process:
        try:
            answer(process)
            yield Contestant(name, lambda _: asked(process, ""))
        finally:
            process.kill()


def absent(module: str) -> Figures:
    """Refuse to compare with what is not installed."""
    raise BenchError(f"{module} is not installed (extra bench): nothing is compared with it")


def _first(folder: Path) -> Figures:
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "triage", "run", FILM, "--to", folder / "out"],
        check=True,
        capture_output=True,
    )
    return {"wall s": time.perf_counter() - begin}
