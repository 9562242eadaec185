"""A study that ends every worker: it is given up, and no other study is kept waiting."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.builders.house import House
from tests.builders.sender import send
from tests.builders.waiting import wait_until

ROOT = Path(__file__).parents[2]
ABORTED, NOTHING_WAITS = -6, 0
POISON, NEIGHBOUR = "dx_mass.dcm", "cr_normal.dcm"


def worked(house: House, folder: Path, poison: Path, *, most_deaths: int) -> int:
    """Run one worker after all pauses have ended, and return how it ended.

    It first takes over what its predecessor had; that may have a pause when nothing else waits.
    """
    house.make_due("study")
    database = house.engine.url.render_as_string(hide_password=False)
    instance = str(dcmread(poison, stop_before_pixels=True).SOPInstanceUID)
    arguments = [database, str(folder), instance, str(most_deaths)]
    command = [sys.executable, "-m", "tests.builders.doomed", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode


def state(house: House, file: Path) -> object:
    return house.story_of(file).study["state"]


@pytest.fixture
def received(house: House, samples: Path) -> House:
    """A house with the poison and its neighbour, in this order."""
    for name in (POISON, NEIGHBOUR):
        send([samples / name], house.peer)
    wait_until(lambda: all(row.closed_at for row in house.rows("association")))
    house.clockwork.complete()
    return house


def test_a_study_that_kills_every_worker_is_dead_and_its_neighbour_is_done(
    received: House, samples: Path, tmp_path: Path
) -> None:
    poison = samples / POISON

    ends = [worked(received, tmp_path, poison, most_deaths=1) for _ in range(2)]

    assert ends == [ABORTED, NOTHING_WAITS]
    assert state(received, poison) == "DEAD"
    assert state(received, samples / NEIGHBOUR) == "DONE"
    reason = "the worker ended before the study did, 1 of 1 times"
    assert received.story_of(poison).events[-1]["reason"] == reason


def test_without_a_limit_it_kills_worker_after_worker(
    received: House, samples: Path, tmp_path: Path
) -> None:
    ends = [worked(received, tmp_path, samples / POISON, most_deaths=1_000) for _ in range(3)]

    assert ends.count(ABORTED) > 1
    assert state(received, samples / POISON) != "DEAD"
