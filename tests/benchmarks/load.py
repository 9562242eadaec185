"""Processes that use every core for inference with the shipped network, awake or resting."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.contest import Contestant
from tests.benchmarks.figures import Figures
from tests.benchmarks.receiver import BenchError


@dataclass(frozen=True, slots=True)
class Load:
    """Processes that rest unless they are woken."""

    processes: tuple["subprocess.Popen[bytes]", ...]

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Let them work within the block."""
        self.signal(signal.SIGCONT)
        try:
            yield
        finally:
            self.signal(signal.SIGSTOP)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all."""
        for process in self.processes:
            process.send_signal(number)

    def beside(self, contestant: Contestant) -> Contestant:
        """Let a contestant take its turns while they work."""

        def run(folder: Path) -> Figures:
            with self.awake():
                return contestant.trial(folder)

        return Contestant(f"{contestant.name} beside inference", run)


@contextmanager
def resting_load() -> Iterator[Load]:
    """Start a process for each core; all can work, and rest, when the block begins.

    Raises:
        BenchError: one of them cannot work.
    """
    command = [sys.executable, "-m", "tests.benchmarks.inference"]
    with ExitStack() as held:
        processes = []
        for _ in range(os.cpu_count() or 1):
            processes.append(held.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE)))
            held.callback(processes[-1].kill)
        for process in processes:
            if process.stdout is None or not process.stdout.readline():
                raise BenchError("inference did not start")
        load = Load(tuple(processes))
        load.signal(signal.SIGSTOP)
        yield load
