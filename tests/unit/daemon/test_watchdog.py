import subprocess
import sys

import pytest

from triage.daemon.watchdog import EXIT_CODE, Watchdog

HANGS = """
import re
from contextlib import nullcontext
from triage.daemon.watchdog import Watchdog

with {watch}:
    re.match("(a+)+$", "a" * 60 + "b")  # never lets the interpreter go
"""
PATIENCE_S = 60.0


def run(watch: str, *, timeout_s: float) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", HANGS.format(watch=watch)],
        timeout=timeout_s,
        capture_output=True,
        text=True,
        check=False,
    )


def test_work_that_never_lets_the_interpreter_go_is_ended() -> None:
    ended = run("Watchdog(0.1).watched()", timeout_s=PATIENCE_S)

    assert ended.returncode == EXIT_CODE
    assert "in match" in ended.stderr


def test_without_the_watch_it_hangs() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run("nullcontext()", timeout_s=2.0)


def test_work_that_ends_in_time_goes_on_unwatched() -> None:
    program = (
        "import threading\n"
        "from triage.daemon.watchdog import Watchdog\n"
        "with Watchdog(0.2).watched(): pass\n"
        "threading.Event().wait(0.6)\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_work_that_goes_on_longest_is_watched_among_others() -> None:
    program = (
        "import threading\n"
        "from triage.daemon.watchdog import Watchdog\n"
        "watchdog = Watchdog(0.3)\n"
        "with watchdog.watched():\n"
        "    for _ in range(200):\n"
        "        with watchdog.watched(): threading.Event().wait(0.1)\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], timeout=PATIENCE_S, check=False, capture_output=True
    )

    assert ended.returncode == EXIT_CODE


def test_works_that_each_end_in_time_may_follow_each_other() -> None:
    program = (
        "import threading\n"
        "from triage.daemon.watchdog import Watchdog\n"
        "watchdog = Watchdog(5)\n"
        "for _ in range(4):\n"
        "    with watchdog.watched(), watchdog.watched(): threading.Event().wait(0.01)\n"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_watch_without_time_is_refused() -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Watchdog(0.0)
