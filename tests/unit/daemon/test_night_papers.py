"""The papers of a night are written beside it, and cost it nothing."""

import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from triage.daemon.night_papers import Papers

DAY = date(2026, 1, 5)
TOUCH = ("/bin/sh", "-c", 'echo "$*" > "$4/told"', "show")
"""A command that writes down how it was called."""


def written(folder: Path | None, command: Sequence[str], *, stopped: bool = False) -> list[str]:
    """Write, and return the events that are logged."""
    stop = threading.Event()
    if stopped:
        stop.set()
    with capture_logs() as logs:
        Papers(folder, stop=stop, command=command).write(DAY)
    return [str(line["event"]) for line in logs]


def test_the_command_is_told_day_and_folder(tmp_path: Path) -> None:
    assert written(tmp_path, TOUCH) == ["night written"]
    assert (tmp_path / "told").read_text() == f"--date 2026-01-05 --to {tmp_path}\n"


def test_a_night_that_is_not_exact_is_written_too(tmp_path: Path) -> None:
    assert written(tmp_path, ("/bin/sh", "-c", "exit 75")) == ["night written"]


@pytest.mark.parametrize(
    "command",
    [("/bin/sh", "-c", "exit 78"), ("/nonexistent/python",), ("/bin/false",)],
)
def test_what_could_not_be_written_is_logged(tmp_path: Path, command: Sequence[str]) -> None:
    assert written(tmp_path, command) == ["night not written"]


def test_who_is_told_to_stop_does_not_wait_for_papers(tmp_path: Path) -> None:
    assert written(tmp_path, ("/bin/sh", "-c", "exec tail -f /dev/null"), stopped=True) == [
        "night not written"
    ]


def test_without_a_folder_nothing_is_run() -> None:
    assert written(None, ("/nonexistent/python",)) == []
