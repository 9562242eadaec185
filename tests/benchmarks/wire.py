"""A Storage SCU made of prebuilt bytes, so that a sender costs next to nothing.

It speaks of one presentation context (PS3.8 9.3, PS3.7 9.3.1), takes no shortcut that a peer
could see, and removes the two waits that plain sockets bring: it sends without Nagle's delay,
and acknowledges answers at once.
"""

import socket
import ssl
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from pydicom.filereader import read_file_meta_info

from tests.benchmarks.receiver import BenchError
from triage.domain.study import Peer

SOP_CLASS = "1.2.840.10008.5.1.4.1.1.1.1"
EXPLICIT = "1.2.840.10008.1.2.1"
PATIENCE_S = 120.0
ASSOCIATE_AC, P_DATA_TF, RELEASE_RP = 2, 4, 6
PREAMBLE = 144  # 128 bytes, DICM, and the element that says how long the meta information is
RELEASE_RQ = bytes((5, 0, 0, 0, 0, 4, 0, 0, 0, 0))


@dataclass(slots=True)
class Store:
    """One C-STORE as it goes over the wire: its first bytes, in which names are, and the others."""

    head: bytes
    rest: memoryview

    @classmethod
    def of(cls, file: Path, *, message_id: int, maximum_length: int) -> Self:
        """Read a Part 10 file and cut it into PDUs."""
        content = file.read_bytes()
        begin = PREAMBLE + struct.unpack_from("<I", content, PREAMBLE - 4)[0]
        uid = str(read_file_meta_info(file).MediaStorageSOPInstanceUID)
        command = _command(uid, message_id)
        room = maximum_length or 131_072
        parts = _cut(memoryview(command), kind=1, room=room)
        parts += _cut(memoryview(content)[begin:], kind=0, room=room)
        stream = b"".join(parts)
        return cls(stream[:room], memoryview(stream)[room:])

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the same object under other names of the same lengths; pixels are not copied."""
        head = self.head
        for old, new in names.items():
            head = head.replace(old.encode(), new.encode())
        if len(head) != len(self.head):
            raise BenchError("a name of another length")
        return replace(self, head=head)


class Association:
    """An association, open from its making on.

    Args:
        peer: the receiver.
        tls: with it the connection begins with a handshake.

    Raises:
        BenchError: it was not accepted.
    """

    def __init__(self, peer: Peer, *, tls: ssl.SSLContext | None = None) -> None:
        self._socket = socket.create_connection((peer.host, peer.port), timeout=PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname=peer.host)
        self._socket.sendall(_associate_rq(peer))
        kind, body = self._answer()
        if kind != ASSOCIATE_AC:
            self.close()
            raise BenchError(f"association not accepted: PDU {kind}")
        self.maximum_length = _maximum_length(body)

    def store(self, store: Store) -> int:
        """Store one object and return the status."""
        self._socket.sendall(store.head)
        self._socket.sendall(store.rest)
        kind, body = self._answer()
        if kind != P_DATA_TF:
            raise BenchError(f"no answer to a C-STORE: PDU {kind}")
        return _status(body)

    def release(self) -> None:
        """Release the association and close the connection."""
        self._socket.sendall(RELEASE_RQ)
        kind, _ = self._answer()
        self.close()
        if kind != RELEASE_RP:
            raise BenchError(f"release not answered: PDU {kind}")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _answer(self) -> tuple[int, bytes]:
        kind, length = struct.unpack(">BxI", self._exactly(6))
        return kind, self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        got = b""
        while len(got) < length:
            # It holds until the next packet only, so it is asked for before each wait.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self._socket.recv(length - len(got))
            if not part:
                raise BenchError("the receiver closed the connection")
            got += part
        return got


def maximum_length_of(peer: Peer, *, tls: ssl.SSLContext | None = None) -> int:
    """Ask a receiver for its maximum length by an association that stores nothing."""
    association = Association(peer, tls=tls)
    association.release()
    return association.maximum_length


def _associate_rq(peer: Peer) -> bytes:
    context = bytes((1, 0, 0, 0)) + _item(0x30, SOP_CLASS.encode())
    user = _item(0x51, struct.pack(">I", 16_384)) + _item(0x52, b"1.2.826.0.1.3680043.10.1")
    body = b"\x00\x01\x00\x00" + peer.ae_title.ljust(16).encode() + b"BENCH".ljust(16) + bytes(32)
    body += _item(0x10, b"1.2.840.10008.3.1.1.1")
    body += _item(0x20, context + _item(0x40, EXPLICIT.encode()))
    body += _item(0x50, user)
    return struct.pack(">BxI", 1, len(body)) + body


def _item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(body)) + body


def _maximum_length(body: bytes) -> int:
    place = 68
    while place < len(body):
        kind, length = struct.unpack_from(">BxH", body, place)
        if kind == 0x50:  # user information: the maximum length comes first in it
            return int(struct.unpack_from(">I", body, place + 8)[0])
        place += 4 + length
    raise BenchError("the A-ASSOCIATE-AC has no user information")


def _command(sop_instance_uid: str, message_id: int) -> bytes:
    elements = [
        (0x0002, _even(SOP_CLASS)),
        (0x0100, struct.pack("<H", 0x0001)),
        (0x0110, struct.pack("<H", message_id)),
        (0x0700, struct.pack("<H", 0)),
        (0x0800, struct.pack("<H", 0x0102)),
        (0x1000, _even(sop_instance_uid)),
    ]
    body = b"".join(struct.pack("<HHI", 0, tag, len(value)) + value for tag, value in elements)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def _status(body: bytes) -> int:
    command, place = body[6:], 0
    while place + 8 <= len(command):
        tag, length = struct.unpack_from("<2xHI", command, place)
        if tag == 0x0900:
            return int(struct.unpack_from("<H", command, place + 8)[0])
        place += 8 + length
    raise BenchError("the answer has no status")


def _even(uid: str) -> bytes:
    return uid.encode() + b"\x00" * (len(uid) % 2)


def _cut(message: memoryview, *, kind: int, room: int) -> list[bytes | memoryview]:
    parts: list[bytes | memoryview] = []
    size = room - 6
    for begin in range(0, len(message), size):
        part = message[begin : begin + size]
        last = 2 if begin + size >= len(message) else 0
        parts += [struct.pack(">BxIIBB", 4, len(part) + 6, len(part) + 2, 1, kind | last), part]
    return parts
