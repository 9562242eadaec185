"""The daemon as a user runs it: ``triage serve`` in a process of its own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, text

from tests.builders.waiting import wait_until
from triage.database.engine import open_engine
from triage.domain.study import Peer
from triage.settings import Settings, load_settings

START_S = 60.0


@dataclass
class Daemon:
    """A running ``triage serve`` and what it says."""

    process: subprocess.Popen[str]
    settings: Settings
    said: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    @property
    def peer(self) -> Peer:
        """The listener, as the ready line names it."""
        wait_until(lambda: self.said or self.process.poll() is not None, within_s=START_S)
        assert self.said, "\n".join(self.logged)
        port = self.said[0].partition(";")[0].rpartition(":")[2]
        return Peer("TRIAGE", "127.0.0.1", int(port))

    @property
    def children(self) -> list[int]:
        """The process ids of the children, in the order of their start."""
        return [pid for pid in _processes() if _parent(pid) == self.process.pid]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=40)

    def engine(self) -> Engine:
        """Open the daemon's database beside it."""
        return open_engine(self.settings.database_url)


@contextmanager
def running_daemon(
    folder: Path, environment: Mapping[str, str], *, file: Path | None = None
) -> Iterator[Daemon]:
    """Run the daemon on a data folder; whatever the test leaves is killed at the end.

    Args:
        folder: the data folder.
        environment: settings as variables.
        file: settings as a file, named on the command line.
    """
    words = [] if file is None else ["--settings", str(file)]
    chosen = {
        "TRIAGE_DATA__FOLDER": str(folder),
        "TRIAGE_LISTENER__PORT": "0",
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "triage", "serve", *words],
        env={**os.environ, **chosen},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    daemon = Daemon(process, load_settings(file, environment=chosen))
    readers = [
        threading.Thread(target=_copy, args=(process.stdout, daemon.said)),
        threading.Thread(target=_copy, args=(process.stderr, daemon.logged)),
    ]
    for reader in readers:
        reader.start()
    try:
        yield daemon
    finally:
        process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def studies_of(engine: Engine) -> dict[str, str]:
    """Return the state of every study."""
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT study_uid, state FROM study ORDER BY id"))
        return {str(row.study_uid): str(row.state) for row in rows}


def _copy(stream: IO[str] | None, lines: list[str]) -> None:
    assert stream is not None
    while line := stream.readline():
        lines.append(line.rstrip("\n"))


def _processes() -> list[int]:
    return sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it has just ended
        return 0
    return int(stat.rpartition(")")[2].split()[1])
