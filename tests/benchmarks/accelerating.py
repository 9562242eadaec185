"""Cells of inference on a GPU: images a second in memory, and with the films read and drawn."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.contest import Cell, Contestant
from tests.benchmarks.figures import Figures, Goal
from tests.benchmarks.inferring import absent
from tests.benchmarks.networks import NEEDS
from tests.benchmarks.warm import answer, asked

BATCHES = (1, 16, 128)
IMAGES = 2048
FILMS = 256
LEAST_PER_S = 8000
"""The goal on one H200, in the largest batches."""

NOT_RUN = "not run: no CUDA device"
WAYS = ("triage", "torch fp32", "torch + pytorch-grad-cam")


@dataclass(frozen=True, slots=True)
class Job:
    """What a process is to measure.

    Args:
        source: ``memory`` or ``films``.
        batch: images at a time.
        images: of one turn, a multiple of ``batch``.
        device: such as ``cuda``.
    """

    source: str
    batch: int
    images: int
    device: str = "cuda"


def accelerated_cells(device: str = "cuda") -> Iterator[Cell]:
    """Yield them in the order in which a report shows them."""
    for batch in BATCHES:
        yield Cell(
            name=f"infer-gpu-{batch}",
            title=f"{device}, in memory, {batch} at a time: the product with every map",
            line_up=partial(line_up, Job("memory", batch, _turn(batch), device)),
            shown=("images/s",),
            goals=(Goal("images/s", LEAST_PER_S),) if batch == max(BATCHES) else (),
        )
    yield Cell(
        name="infer-gpu-films",
        title=f"{device}, DICOM files read on all cores, drawn, 16 at a time",
        line_up=partial(line_up, Job("films", 16, FILMS, device)),
        shown=("images/s",),
    )


def _turn(batch: int) -> int:
    """Ask one by one about fewer images: that is slow everywhere."""
    return IMAGES if batch > 1 else IMAGES // 8


def is_there(device: str) -> bool:
    """Tell whether a device is there; torch stays out of this process."""
    look = "import torch; raise SystemExit(not torch.cuda.is_available())"
    command = [sys.executable, "-c", look]
    return device == "cpu" or subprocess.run(command, check=False).returncode == 0


@contextmanager
def line_up(job: Job, ways: Sequence[str] = WAYS) -> Iterator[Sequence[Contestant]]:
    """Keep a warm process for each way; where the device is absent a line of the table says so."""
    if not is_there(job.device):
        yield [Contestant(NOT_RUN, _nothing)]
        return
    with ExitStack() as held:
        yield [held.enter_context(_engine(way, job)) for way in ways]


def _nothing(_folder: Path) -> Figures:
    return {}


@contextmanager
def _engine(way: str, job: Job) -> Iterator[Contestant]:
    if (module := NEEDS.get(way)) and find_spec(module) is None:
        yield Contestant(way, lambda _: absent(module))
        return
    words = [way, job.source, str(job.batch), str(job.images), job.device]
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.accelerated", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            answer(process)
            yield Contestant(way, lambda _: asked(process, ""))
        finally:
            process.kill()
