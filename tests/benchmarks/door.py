"""``python -m tests.benchmarks.door``: the listener processes, without the rest of the daemon.

Settings come as one JSON line on standard input; port and process ids go out as one on standard
output. When standard input closes, the listeners end as they do under ``triage serve``.
"""

import json
import signal
import socket
import sys
import time
from collections.abc import Sequence

from triage.daemon.process import Child
from triage.receive.listening import listen_on
from triage.settings import Settings

START_S = 60.0
END_S = 25.0
LOOK_EVERY_S = 0.05


def main() -> int:
    """Start the listeners, say where they are, and end them with standard input."""
    settings = Settings.model_validate_json(sys.stdin.readline())
    choice = settings.listener
    with listen_on(choice.host, choice.port) as listening:
        children = _listeners(settings, listening)
        if ready := _all_ready(children):
            pids = [child.pid for child in children]
            _say({"port": listening.getsockname()[1], "pids": pids})
            sys.stdin.read()
    _end(children)
    return 0 if ready else 1


def _listeners(settings: Settings, listening: socket.socket) -> list[Child]:
    """Start them as the supervisor does."""
    descriptor = listening.fileno()
    children = [
        Child(
            "listener",
            descriptors=[descriptor],
            needs={"listening": descriptor, "number": number},
        )
        for number in range(settings.listener.processes)
    ]
    for child in children:
        child.start(settings)
    return children


def _all_ready(children: Sequence[Child]) -> bool:
    deadline = time.monotonic() + START_S
    for child in children:
        while not child.ready.wait(LOOK_EVERY_S):
            if child.exit_code is not None or time.monotonic() > deadline:
                return False
    return True


def _say(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _end(children: Sequence[Child]) -> None:
    for child in children:
        child.send(signal.SIGTERM)
    for child in children:
        if not child.wait(END_S):
            child.send(signal.SIGKILL)
            child.wait(1.0)


if __name__ == "__main__":
    sys.exit(main())
