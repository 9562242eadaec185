"""Listener processes on one socket: real ones as the daemon starts them, or composed ones."""

import json
import os
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from socket import socket
from threading import Event, Thread
from typing import Any

from tests.builders.waiting import wait_until
from tests.crash import composed
from triage.receive.listening import listen_on
from triage.settings import Settings, load_settings, to_json
from triage.spool import private_folder

START_S = 60.0
END_S = 30.0


@dataclass
class ListenerProcess(ABC):
    """One listener process; a killed one is started anew by ``start``."""

    settings: Settings
    listening: socket
    number: int
    log: Path

    @property
    @abstractmethod
    def pid(self) -> int: ...

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; ``None`` while it runs."""

    @property
    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it has said that it takes films."""

    @abstractmethod
    def start(self) -> None:
        """Start it, and hand it its settings."""

    @abstractmethod
    def wait(self, *, within_s: float = END_S) -> int:
        """Wait for its end, and return the exit code."""

    def kill(self) -> None:
        """End it by kill -9, unless it has ended."""
        if self.exit_code is None:
            self.send(signal.SIGKILL)
        self.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def open_files(self) -> list[str]:
        """Return what its descriptors stand for."""
        found = []
        for descriptor in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # just closed
                found.append(str(descriptor.readlink()))
        return found

    def wait_ready(self) -> None:
        """Return when it takes films."""
        wait_until(lambda: self.is_ready or self.exit_code is not None, within_s=START_S)
        assert self.is_ready, self.log.read_text()


@dataclass
class RealListener(ListenerProcess):
    """The listener of the product, started as the supervisor starts it."""

    ready: Event = field(default_factory=Event)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid(self) -> int:
        return self._begun.pid

    @property
    def exit_code(self) -> int | None:
        return self._begun.poll()

    @property
    def is_ready(self) -> bool:
        return self.ready.is_set()

    def start(self) -> None:
        self.ready = Event()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "triage.daemon.child", "listener"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=[self.listening.fileno()],
            )
        assert self.process.stdin is not None
        self.process.stdin.write(self._request() + b"\n")
        self.process.stdin.flush()
        Thread(target=_await_ready, args=(self.process, self.ready), daemon=True).start()

    def wait(self, *, within_s: float = END_S) -> int:
        code = self._begun.wait(within_s)
        if self._begun.stdin is not None:
            self._begun.stdin.close()
        return code

    @property
    def _begun(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None
        return self.process

    def _request(self) -> bytes:
        needs = {"listening": self.listening.fileno(), "number": self.number}
        settings = json.loads(to_json(self.settings))
        return json.dumps({"settings": settings, "needs": needs}).encode()


def _await_ready(process: "subprocess.Popen[bytes]", ready: Event) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        if output.readline():
            ready.set()


@dataclass
class ComposedListener(ListenerProcess):
    """A listener made of chosen parts, forked from a process that has loaded everything."""

    parts: Sequence[str] = ()
    process: ForkServerProcess | None = None
    line: "Connection[Any, Any] | None" = None
    said: str = ""

    @property
    def pid(self) -> int:
        pid = self._begun.pid
        assert pid is not None
        return pid

    @property
    def exit_code(self) -> int | None:
        return self._begun.exitcode

    @property
    def is_ready(self) -> bool:
        if self.line is not None and not self.said and self.line.poll():
            with suppress(EOFError):  # it has died instead
                self.said = self.line.recv()
        return bool(self.said)

    def start(self) -> None:
        context = get_context("forkserver")
        context.set_forkserver_preload(["pytest", composed.__name__])
        self.line, theirs = context.Pipe()
        self.said = ""
        self.process = context.Process(
            target=composed.main,
            args=(self.parts, self.settings),
            kwargs={
                "listening": self.listening,
                "number": self.number,
                "line": theirs,
                "log": self.log,
            },
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def wait(self, *, within_s: float = END_S) -> int:
        self._begun.join(within_s)
        code = self._begun.exitcode
        assert code is not None, f"not ended within {within_s} s"
        if self.line is not None:
            self.line.close()
        return code

    @property
    def _begun(self) -> ForkServerProcess:
        assert self.process is not None
        return self.process


@dataclass
class Listeners:
    """Some listener processes on one port."""

    port: int
    listening: socket
    processes: Sequence[ListenerProcess]

    @property
    def only(self) -> ListenerProcess:
        """The process, where there is one."""
        (process,) = self.processes
        return process

    @property
    def ready(self) -> list[ListenerProcess]:
        """Those that take films."""
        return [process for process in self.processes if process.is_ready]

    def end(self) -> None:
        """End them as the supervisor does: it lets go of the port, then they get SIGTERM."""
        self.listening.close()
        for process in self.processes:
            process.send(signal.SIGTERM)

    def is_open(self) -> bool:
        """Tell whether somebody accepts connections."""
        with socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def running_listeners(
    folder: Path, database_url: str, *, many: int = 1, parts: str = "", options: Mapping[str, str]
) -> Iterator[Listeners]:
    """Run listener processes on a data folder and a database that are there already.

    Args:
        folder: of the data; made where it is missing.
        database_url: of a migrated database.
        many: how many processes share the port.
        parts: what a composed listener is made of; without any it is the real one.
        options: further settings as ``listener__idle_timeout_s``.
    """
    private_folder(folder)
    settings = _settings(folder, database_url, options)
    make = partial(ComposedListener, parts=parts.split()) if parts else RealListener
    with listen_on("127.0.0.1", 0) as listening:
        processes = [
            make(settings, listening, number, folder / f"listener-{number}.log")
            for number in range(many)
        ]
        running = Listeners(int(listening.getsockname()[1]), listening, processes)
        try:
            for process in processes:
                process.start()
            for process in processes:
                process.wait_ready()
            yield running
        finally:
            for process in processes:
                process.kill()


def _settings(folder: Path, database_url: str, options: Mapping[str, str]) -> Settings:
    """Take everything as it comes, but let no disk of a test machine be too small."""
    chosen = {
        "DATA__FOLDER": str(folder),
        "DATABASE__URL": database_url,
        "SPOOL__RESERVE_GB": "0",
        "LISTENER__LONGEST_QUEUE": "1000000000",
        **{key.upper(): value for key, value in options.items()},
    }
    return load_settings(None, environment={f"TRIAGE_{key}": chosen[key] for key in chosen})
