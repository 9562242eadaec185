"""The physical limit: a loopback copy into a file that is synced, with no protocol at all.

``python -m tests.benchmarks.physical PORT FOLDER`` takes messages of a length in eight bytes and
as many bytes; each is written to a file of its own, synced, and answered with one byte.
"""

import contextlib
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.receiver import Receiver, Running, free_ports, serving
from triage.domain.study import Peer

LENGTH = struct.Struct(">Q")
ANSWER = b"\x00"
BUFFER = 1 << 20


def physical_limit() -> Receiver:
    """Return the receiver that does nothing but copy, write and sync."""
    return Receiver("copy+fsync", _running)


@contextlib.contextmanager
def _running(folder: Path) -> Iterator[Running]:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "tests.benchmarks.physical", str(port), str(folder)]
    with serving(command, port, environment={}) as process:
        peer = Peer("COPY", "127.0.0.1", port)
        yield Running(peer, lambda: [process.pid], lambda: len(list(folder.iterdir())))


def main(port: int, folder: Path) -> None:
    """Serve until killed."""
    with socket.create_server(("127.0.0.1", port), backlog=128) as server:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=(connection, folder), daemon=True).start()


def _serve(connection: socket.socket, folder: Path) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = str(connection.getpeername()[1])
    buffer = memoryview(bytearray(BUFFER))
    number = 0
    with connection:
        while head := connection.recv(LENGTH.size, socket.MSG_WAITALL):
            number += 1
            target = os.open(folder / f"{name}-{number}", os.O_CREAT | os.O_WRONLY, 0o600)
            _copy(connection, target, LENGTH.unpack(head)[0], buffer)
            os.fsync(target)
            os.close(target)
            connection.sendall(ANSWER)


def _copy(connection: socket.socket, target: int, length: int, buffer: memoryview) -> None:
    while length:
        got = connection.recv_into(buffer[: min(length, BUFFER)])
        if not got:
            return
        os.write(target, buffer[:got])
        length -= got


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
