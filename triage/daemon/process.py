"""One child process: started, watched, restarted with growing pauses, stopped."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from triage.settings import Settings, to_json

SHORT_LIFE_S = 30.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0

# Threads that spin while they wait for each other starve on a busy machine: one film took 1.5 s
# instead of 0.12 s on two cores that had other work. OpenMP reads this once, when it is loaded.
PATIENT_THREADS = {"OMP_WAIT_POLICY": "passive"}


class Child:
    """A child of the supervisor.

    Args:
        role: the module of ``triage.daemon`` that it runs.
        descriptors: what the child inherits: the daemon's locks, which it holds for as long as
            it lives, so that they are free only when the last child has gone; the socket of
            the listeners.
        needs: further arguments of the role.
    """

    def __init__(
        self, role: str, *, descriptors: Sequence[int], needs: Mapping[str, int] | None = None
    ) -> None:
        self.role = role
        self.ready = threading.Event()
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
    def exit_code(self) -> int | None:
        """The exit code of a child that has ended; ``None`` while it runs or never ran."""
        return None if self._process is None else self._process.poll()

    def start(self, settings: Settings) -> None:
        """Start the process and hand it its role and settings."""
        self._started_at = time.monotonic()
        self._ended_at = 0.0
        self.ready.clear()
        process = subprocess.Popen(
            [sys.executable, "-m", "triage.daemon.child", self.role],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=self._descriptors,
            env=PATIENT_THREADS | os.environ,
        )
        request = json.dumps({"settings": json.loads(to_json(settings)), "needs": self._needs})
        if process.stdin is not None:  # it stays open: its end tells the child that we have gone
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
        self._process = process
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()

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
