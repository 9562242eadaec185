"""A child that cannot be started, or dies as soon as it was."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tests.builders.waiting import wait_until
from triage.daemon.process import FIRST_PAUSE_S, Child
from triage.settings import Settings, load_settings

# A child's pipes live as long as the supervisor, or as the child that is started after it.
pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed file", "ignore:Exception ignored in")

NOBODY = ("/nonexistent/python",)
READY = ("/bin/sh", "-c", "read settings; echo ready; read end")
DEAD = ("/bin/sh", "-c", "exit 3")
MORE_THAN_A_PIPE_HOLDS = {"n" * 1_000_000: 1}


@pytest.fixture
def settings() -> Settings:
    return load_settings(None, environment={})


@pytest.fixture
def no_more_threads() -> Iterator[None]:
    """Let nobody start a thread: its stack would be larger than any memory."""
    before = threading.stack_size(2**46)
    yield
    threading.stack_size(before)


def failed(child: Child, settings: Settings) -> float:
    """Let a start fail, and return how long the child rests."""
    with pytest.raises(OSError, match="No such file or directory"):
        child.start(settings)
    began = time.monotonic()
    wait_until(child.rested)
    return time.monotonic() - began


def test_a_child_runs_and_is_ready_when_it_says_so(settings: Settings) -> None:
    child = Child("listener", descriptors=[], command=READY)

    child.start(settings)

    assert child.ready.wait(30)
    assert child.is_running
    child.send(signal.SIGKILL)
    assert child.wait(30)


def test_a_child_that_cannot_be_started_does_not_run(settings: Settings) -> None:
    child = Child("listener", descriptors=[], command=NOBODY)

    with pytest.raises(OSError, match="No such file or directory"):
        child.start(settings)

    assert not child.is_running
    assert child.exit_code is None
    assert child.wait(0)


def test_a_child_that_cannot_be_started_rests_longer_each_time(settings: Settings) -> None:
    child = Child("listener", descriptors=[], command=NOBODY)

    pauses_s = [failed(child, settings) for _ in range(2)]

    assert pauses_s[0] >= FIRST_PAUSE_S
    assert pauses_s[1] >= 2 * FIRST_PAUSE_S


def test_a_child_that_dies_before_it_has_its_settings_tells_its_exit_code(
    settings: Settings,
) -> None:
    child = Child("listener", descriptors=[], needs=MORE_THAN_A_PIPE_HOLDS, command=DEAD)

    child.start(settings)

    assert child.wait(30)
    assert child.exit_code == 3
    assert not child.rested()


@pytest.mark.usefixtures("no_more_threads")
def test_a_child_that_nobody_can_listen_to_is_ended(settings: Settings) -> None:
    child = Child("listener", descriptors=[], command=READY)

    child.start(settings)

    assert child.wait(30)
    assert child.exit_code == -signal.SIGKILL
