"""What a receiver is to the benchmark: where it listens, its processes, what it has kept."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from triage.domain.study import Peer

START_S = 60.0
END_S = 5.0
LOOK_EVERY_S = 0.01
PORTS = range(21_000, 22_000)


class BenchError(Exception):
    """A repetition that gave no figure; the message tells why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A receiver that serves.

    Args:
        peer: where it listens.
        pids: names all its processes, as they are now.
        kept: counts the objects that it holds.
    """

    peer: Peer
    pids: Callable[[], list[int]]
    kept: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A program that receives; ``start`` is given an empty folder."""

    name: str
    start: Callable[[Path], AbstractContextManager[Running]]


def free_ports(number: int) -> list[int]:
    """Return ports that are free, and below those that outgoing connections take."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == number:
            return found
    raise BenchError(f"fewer than {number} free ports in {PORTS}")


@contextlib.contextmanager
def serving(
    command: Sequence[str], port: int, *, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that listens on a port, and end it and its children with the block.

    Raises:
        BenchError: it does not listen in time.
    """
    with _process(command, environment) as process:
        pause = threading.Event()
        deadline = time.monotonic() + START_S
        while not _accepts(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{command[0]} did not start")
            pause.wait(LOOK_EVERY_S)
        yield process


def with_children(pid: int) -> list[int]:
    """Return a process and everything below it, as it is now."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text()
            found.extend(int(child) for child in children.split())
    return found


@contextlib.contextmanager
def _process(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that what it forks ends with it
    )
    try:
        yield process
    finally:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_S)
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
