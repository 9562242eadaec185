"""A listener in a process of its own, as the daemon starts it, and how large it is."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

from triage.receive.listening import listen_on
from triage.settings import Settings, load_settings, to_json

MB = 1024 * 1024
END_S = 30.0
_RESET_PEAK = "5"  # proc(5), clear_refs


@dataclass(frozen=True, slots=True)
class ListenerApart:
    """A running listener process and the file of its log."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def reset_peak(self) -> float:
        """Forget how large it has been, and return how many megabytes it has now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text(_RESET_PEAK)
        return self._megabytes("VmRSS")

    @property
    def peak_mb(self) -> float:
        """How large it has been at most since."""
        return self._megabytes("VmHWM")

    def _megabytes(self, name: str) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024 / MB


@contextmanager
def listener_apart(folder: Path, *, database_url: str) -> Iterator[ListenerApart]:
    """Run a listener on a folder and a migrated database until the end."""
    log = folder / "listener.log"
    settings = settings_of(folder, database_url)
    with (
        listen_on("127.0.0.1", 0) as listening,
        log.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-m", "triage.daemon.child", "listener"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            pass_fds=[listening.fileno()],
        ) as process,
    ):
        _hand_over(process, settings, listening)
        try:
            yield ListenerApart(process, int(listening.getsockname()[1]), log)
        finally:
            process.terminate()
            process.wait(END_S)


def settings_of(folder: Path, database_url: str) -> Settings:
    """Everything as it comes, but there is always room, and a study is complete at once."""
    environment = {
        "TRIAGE_DATA__FOLDER": str(folder),
        "TRIAGE_DATABASE__URL": database_url,
        "TRIAGE_COMPLETION__QUIET_S": "0",
        "TRIAGE_SPOOL__RESERVE_GB": "0",
    }
    return load_settings(None, environment=environment)


def _hand_over(process: "subprocess.Popen[bytes]", settings: Settings, listening: socket) -> None:
    """Hand the process its role as the supervisor does, and wait until it is ready."""
    assert process.stdin is not None
    assert process.stdout is not None
    needs = {"listening": listening.fileno(), "number": 0}
    request = json.dumps({"settings": json.loads(to_json(settings)), "needs": needs})
    process.stdin.write(request.encode() + b"\n")
    process.stdin.flush()
    assert process.stdout.readline()
