"""One child process: started, watched, restarted with growing pauses, stopped."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from triage.settings import Settings, to_json

SHORT_LIFE_S = 30.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0

CHILD = (sys.executable, "-m", "triage.daemon.child")


class Child:
    """A child of the supervisor.

    Args:
        role: the module of ``triage.daemon`` that it runs.
        descriptors: what the child inherits: the daemon's locks, which it holds for as long as
            it lives, so that they are free only when the last child has gone; the socket of
            the listeners.
        needs: further arguments of the role.
        command: what is run, with the role as its last argument.
    """

    def __init__(
        self,
        role: str,
        *,
        descriptors: Sequence[int],
        needs: Mapping[str, int] | None = None,
        command: Sequence[str] = CHILD,
    ) -> None:
        self.role = role
        self.ready = threading.Event()
        self._command = tuple(command)
        self._descriptors = tuple(descriptors)
        self._needs = dict(needs or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = -SHORT_LIFE_S
        self._ended_at = 0.0
        self._pause_s = 0.0

    @property
    def pid(self) -> int | None:
        """The process id, or ``None`` before the first start."""
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """The exit code of a child that has ended; ``None`` while it runs or never ran."""
        return None if self._process is None else self._process.poll()

    def start(self, settings: Settings) -> None:
        """Start the process and hand it its role and settings.

        Of one that dies at once, the exit code tells.

        Raises:
            OSError: no process was started; ``rested`` says when to try again.
        """
        self._started_at = time.monotonic()
        self._ended_at = 0.0
        self._process = None
        self.ready.clear()
        process = self._process = subprocess.Popen(
            [*self._command, self.role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self._descriptors,
        )
        request = json.dumps({"settings": json.loads(to_json(settings)), "needs": self._needs})
        _hand_over(process, request.encode() + b"\n")
        try:
            threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        except RuntimeError:  # a thread counts as a process, and this was one too many
            process.kill()

    def rested(self) -> bool:
        """Tell whether an ended child may start again: at once after a long life."""
        now = time.monotonic()
        if not self._ended_at:
            self._ended_at = now
            short = now - self._started_at < SHORT_LIFE_S
            longer_s = max(FIRST_PAUSE_S, min(2 * self._pause_s, LONGEST_PAUSE_S))
            self._pause_s = longer_s if short else 0.0
        return now >= self._ended_at + self._pause_s

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if the process still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end; ``False`` where the process still runs."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(timeout_s, 0.0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdout is not None and process.stdout.readline():
            self.ready.set()


def _hand_over(process: "subprocess.Popen[bytes]", request: bytes) -> None:
    """Write to a child's standard input, which stays open: its end tells that we have gone."""
    if process.stdin is None:
        return
    try:
        process.stdin.write(request)
        process.stdin.flush()
    except BrokenPipeError:
        with suppress(BrokenPipeError):  # what was not written is tried once more
            process.stdin.close()
