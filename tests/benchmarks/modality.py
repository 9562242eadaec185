"""``python -m tests.benchmarks.modality``: one process that sends, ready before it is told to.

The task comes as one JSON line on standard input; the process prepares everything, says so, waits
for a second line, works, and prints when it began and ended (the clock is that of all processes)
and how long each step took.
"""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic

from tests.benchmarks.physical import LENGTH
from tests.benchmarks.receiver import BenchError
from tests.benchmarks.wire import Association, Store, maximum_length_of
from triage.domain.study import Peer


@dataclass(slots=True)
class Report:
    """What a process has to tell: moments, durations in milliseconds, stores that succeeded."""

    begin: float = 0.0
    end: float = 0.0
    durations_ms: list[float] = field(default_factory=list)
    stored: int = 0

    def time(self, step: Callable[[], object]) -> None:
        """Run a step; it counts as stored where it returns 0, the status of success."""
        begin = monotonic()
        if step() == 0:
            self.stored += 1
        self.durations_ms.append(1000 * (monotonic() - begin))


def prepare(
    task: str, peer: Peer, files: Sequence[Path], *, tls: ssl.SSLContext | None = None
) -> Callable[[Report], None]:
    """Read everything into memory and return what is to be timed."""
    if task == "copy":
        contents = [file.read_bytes() for file in files]
        return lambda report: _copy(peer, contents, report)
    length = maximum_length_of(peer, tls=tls)
    stores = [
        Store.of(file, message_id=1 + number % 0xFFFF, maximum_length=length)
        for number, file in enumerate(files)
    ]
    steps: dict[str, Callable[..., None]] = {
        "stream": _stream,
        "visits": partial(_visits, tls=tls),
        "crowd": _crowd,
    }
    return lambda report: steps[task](peer, stores, report)


def _stream(peer: Peer, stores: Sequence[Store], report: Report) -> None:
    """Everything in one association."""
    association = Association(peer)
    for store in stores:
        report.time(partial(association.store, store))
    association.release()


def _visits(
    peer: Peer, stores: Sequence[Store], report: Report, *, tls: ssl.SSLContext | None
) -> None:
    """An association for each."""
    for store in stores:
        report.time(partial(_visit, peer, store, tls=tls))


def _visit(peer: Peer, store: Store, *, tls: ssl.SSLContext | None = None) -> int:
    association = Association(peer, tls=tls)
    status = association.store(store)
    association.release()
    return status


def _crowd(peer: Peer, stores: Sequence[Store], report: Report) -> None:
    """An association for each, all at once."""

    def visit(store: Store) -> None:
        with suppress(BenchError, OSError):  # the count of what was stored tells
            report.time(partial(_visit, peer, store))

    threads = [threading.Thread(target=visit, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _copy(peer: Peer, contents: Sequence[bytes], report: Report) -> None:
    """No DICOM: a length, the bytes, and one byte back."""
    with socket.create_connection((peer.host, peer.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for content in contents:
            report.time(partial(_message, connection, content))


def _message(connection: socket.socket, content: bytes) -> int:
    connection.sendall(LENGTH.pack(len(content)))
    connection.sendall(content)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    return int.from_bytes(connection.recv(1), "big")


def main() -> None:
    """Do one task."""
    request = json.loads(sys.stdin.readline())
    files = [Path(file) for file in request["files"]]
    tls = _context(*request["tls"]) if request["tls"] else None
    work = prepare(request["task"], Peer(**request["peer"]), files, tls=tls)
    _say({"ready": True})
    sys.stdin.readline()
    report = Report(begin=monotonic())
    work(report)
    report.end = monotonic()
    _say(asdict(report))


def _context(certificate: str, key: str, authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities)
    context.load_cert_chain(certificate, key)
    return context


def _say(words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
