"""The cells of a GPU, run on the CPU with few images, so that they work when a GPU is at hand."""

import io
from pathlib import Path

import pytest
import torch
from rich.console import Console

from tests.benchmarks.accelerated import SOURCES
from tests.benchmarks.accelerating import NOT_RUN, Job, accelerated_cells, is_there, line_up
from tests.benchmarks.contest import Cell, Result, contest
from tests.benchmarks.report import show

WAYS = ("triage", "torch fp32")
without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@pytest.mark.parametrize("source", SOURCES)
def test_every_way_is_measured_on_the_device(tmp_path: Path, source: str) -> None:
    job = Job(source, batch=2, images=4, device="cpu")
    cell = Cell("tiny", "tiny", lambda: line_up(job, WAYS), ("images/s",))

    result = contest(cell, tmp_path, repetitions=1)

    assert result.complaints == []
    assert result.samples.keys() == set(WAYS)
    assert all(run["images/s"] > 0 for runs in result.samples.values() for run in runs)


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_gives_all_images_in_batches(source: str) -> None:
    batches = [*SOURCES[source](32, batch=2, images=4)]

    assert [tuple(squares.shape) for squares in batches] == [(2, 32, 32)] * 2


def test_the_cells_are_chosen_by_one_word() -> None:
    names = [cell.name for cell in accelerated_cells()]

    assert names == ["infer-gpu-1", "infer-gpu-16", "infer-gpu-128", "infer-gpu-films"]


@without_gpu
def test_without_a_gpu_the_table_says_that_nothing_was_run(tmp_path: Path) -> None:
    cell, page = next(accelerated_cells()), io.StringIO()

    result: Result = contest(cell, tmp_path, repetitions=1)

    show(result, Console(file=page, width=140))
    assert NOT_RUN in page.getvalue()
    assert result.complaints == []


@without_gpu
def test_a_device_that_is_absent_is_noticed() -> None:
    assert not is_there("cuda")
