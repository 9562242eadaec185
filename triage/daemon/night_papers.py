"""The papers of a night: list and reconciliation, written by a process of their own.

They have pictures of films, and this process has no decoder. Nobody waits for them: a night is
what it is, also where they could not be written.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import structlog

COMMAND = (sys.executable, "-m", "triage", "worklist", "show")
LOOK_EVERY_S = 0.2
NOT_EXACT = 75

logger = structlog.get_logger(__name__)


class Papers:
    """Writes a day's papers into a folder.

    Args:
        folder: made if it is not there; without one nothing is written.
        stop: set it to break the writing off.
        command: what is run, with ``--date`` and ``--to``.
    """

    def __init__(
        self, folder: Path | None, *, stop: threading.Event, command: Sequence[str] = COMMAND
    ) -> None:
        self._folder = folder
        self._stop = stop
        self._command = tuple(command)

    def write(self, day: date) -> None:
        """Write them, and log where that failed."""
        if self._folder is None:
            return
        told = ("--date", str(day), "--to", str(self._folder))
        try:
            process = subprocess.Popen(
                [*self._command, *told], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
        except OSError as error:
            logger.error("night not written", day=str(day), reason=error.strerror)
            return
        code = self._end_of(process)
        if code in {0, NOT_EXACT}:
            logger.info("night written", day=str(day), folder=str(self._folder))
        else:
            logger.error("night not written", day=str(day), exit_code=code)

    def _end_of(self, process: "subprocess.Popen[bytes]") -> int:
        while process.poll() is None:
            if self._stop.wait(LOOK_EVERY_S):
                process.kill()
                break
        return process.wait()
