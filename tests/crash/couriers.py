"""A courier in a process of its own, to be killed."""

import os
import signal
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from tests.crash import archive
from triage.daemon.courier import run
from triage.daemon.signals import stopped_by
from triage.settings import Settings

READY_WITHIN_S = 60.0


def deliver(settings: Settings, line: "Connection[Any, Any]") -> None:
    """Deliver until SIGTERM; say when it is ready."""
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)

    def ready(_facts: dict[str, object]) -> None:
        line.send("ready")

    run(settings, stop=stopped_by(signal.SIGTERM), ready=ready)


class CourierProcess:
    """The product's own courier; it is forked, so that it is back in a moment.

    Args:
        settings: of the whole daemon.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process = self._start()

    def kill(self) -> None:
        """Kill it with -9, and start it again."""
        self.end(signal.SIGKILL)
        self._process = self._start()

    def end(self, number: signal.Signals) -> None:
        """Send a signal, and wait for the end."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)
        self._process.join()

    def _start(self) -> BaseProcess:
        context = get_context("forkserver")
        context.set_forkserver_preload(["pytest", archive.__name__, __name__])
        ours, its = context.Pipe()
        process = context.Process(target=deliver, args=(self._settings, its), daemon=True)
        process.start()
        its.close()
        assert ours.poll(READY_WITHIN_S)
        ours.recv()
        return process
