"""A Storage SCU of plain sockets: it can do everything that a peer can do, and says what it got."""

import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, Self

from tests.builders.pdus import (
    A_ABORT,
    ABORT,
    ASSOCIATE_AC,
    ASSOCIATE_RJ,
    ELEMENT,
    HEADER,
    ITEM,
    LONGEST,
    P_DATA_TF,
    PDV,
    RELEASE,
    RELEASE_RP,
    STATUS,
    associate_rq,
    command_set,
    echo_rq,
    message,
    p_data,
    pdu,
    pdv,
    store_rq,
)
from tests.builders.studies import CR_STORAGE as CR
from tests.builders.studies import EXPLICIT

__all__ = [
    "ABORT",
    "RELEASE",
    "Answer",
    "Journal",
    "RawClient",
    "associate_rq",
    "command_set",
    "echo_rq",
    "message",
    "p_data",
    "pdu",
    "pdv",
    "store_rq",
]

_GONE = (ConnectionError, ssl.SSLError)
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """The next PDU, or message, or the connection's end.

    ``contexts`` are the accepted ones with their transfer syntaxes; ``reason`` is an A-ABORT's
    source and reason, or an A-ASSOCIATE-RJ's result, source and reason.
    """

    kind: Literal["accept", "reject", "response", "release", "abort", "end"]
    status: int | None = None
    contexts: Mapping[int, str] = field(default_factory=dict)
    reason: tuple[int, ...] = ()
    maximum_length: int = 0


@dataclass
class Journal:
    """Every answer to every SOP instance UID, noted from many threads."""

    answers: dict[str, list[int | None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, uid: str, status: int | None) -> None:
        with self._lock:
            self.answers.setdefault(uid, []).append(status)

    @property
    def acknowledged(self) -> list[str]:
        return self._those(lambda statuses: 0x0000 in statuses)

    @property
    def refused(self) -> list[str]:
        return self._those(lambda statuses: any(statuses) and 0x0000 not in statuses)

    def _those(self, true: Callable[[list[int | None]], bool]) -> list[str]:
        with self._lock:
            return [uid for uid, statuses in self.answers.items() if true(statuses)]


class RawClient:
    """A connection, open from its making on; calls end after ``timeout_s`` with TimeoutError."""

    def __init__(
        self,
        port: int,
        *,
        host: str = "127.0.0.1",
        source: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        self.socket = socket.create_connection(
            (host, port), timeout=timeout_s, source_address=(source, 0)
        )
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes | memoryview) -> None:
        """Send bytes, whatever they are."""
        self.socket.sendall(data)

    def push(self, data: bytes, *, patience_s: float = 0.3) -> int:
        """Send until nothing was taken for a while; return how much was."""
        view, sent, poll = memoryview(data), 0, select.poll()
        poll.register(self.socket, select.POLLOUT)
        while sent < len(data) and poll.poll(patience_s * 1000):
            sent += self.socket.send(view[sent : sent + LONGEST])
        return sent

    def trickle(self, data: bytes, stop: threading.Event, every_s: float) -> int:
        """Send byte by byte until told to stop or cut off; return how many went."""
        for sent in range(len(data)):
            if stop.wait(every_s):
                return sent
            try:
                self.send(data[sent : sent + 1])
            except _GONE:
                return sent
        return len(data)

    def reset(self) -> None:
        """Close with a RST, as a modality does that is switched off."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.socket.close()

    def close(self) -> None:
        """Close without a word."""
        self.socket.close()

    def answer(self) -> Answer:
        """Wait for the next answer."""
        command, last = b"", False
        while not last:
            header = self._exactly(HEADER.size)
            kind, length = HEADER.unpack(header) if header else (0, 0)
            body = self._exactly(length)
            if kind != P_DATA_TF:
                return _answer_of(kind, body)
            control = PDV.unpack_from(body)[2]
            command, last = command + body[PDV.size :], bool(control & 2)
        (status,) = struct.unpack("<H", _values(command)[STATUS])
        return Answer("response", status=status)

    def associate(
        self,
        contexts: Sequence[tuple[str, Sequence[str]]] = ((CR, (EXPLICIT,)),),
        *,
        calling: str = "CR1",
        called: str = "TRIAGE",
        maximum_length: int = LONGEST,
    ) -> Answer:
        """Ask for an association."""
        self.send(
            associate_rq(contexts, calling=calling, called=called, maximum_length=maximum_length)
        )
        return self.answer()

    def store(
        self,
        data_set: bytes,
        sop_instance_uid: str,
        *,
        sop_class_uid: str = CR,
        context_id: int = 1,
        pdu_length: int = LONGEST,
    ) -> int | None:
        """Store an instance; return the status, ``None`` where the association has ended."""
        command = store_rq(sop_class_uid, sop_instance_uid)
        stream = message(command, data_set, context_id=context_id, pdu_length=pdu_length)
        with suppress(*_GONE):  # what the peer said before it closed can still be read
            self.send(stream if data_set else stream + p_data(pdv(b"", context_id=context_id)))
        return self.answer().status

    def release(self) -> Answer:
        """Ask for release, and close."""
        with suppress(*_GONE):
            self.send(RELEASE)
        answer = self.answer()
        self.close()
        return answer

    def _exactly(self, count: int) -> bytes:
        """Read so many bytes; none where the peer is gone."""
        got = bytearray()
        while len(got) < count:
            # Linux forgets it soon; without it the peer may wait for our delayed acknowledgement.
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            try:
                part = self.socket.recv(count - len(got))
            except _GONE:
                part = b""
            if not part:
                return b""
            got += part
        return bytes(got)


def _answer_of(kind: int, body: bytes) -> Answer:
    match kind:
        case _ if kind == ASSOCIATE_AC and body:
            return _accept(body)
        case _ if kind == ASSOCIATE_RJ and body:
            return Answer("reject", reason=tuple(body[1:4]))
        case _ if kind == RELEASE_RP:
            return Answer("release")
        case _ if kind == A_ABORT and body:
            return Answer("abort", reason=tuple(body[2:4]))
    return Answer("end")


def _accept(body: bytes) -> Answer:
    contexts, longest = {}, 0
    for kind, item in _items(body[68:]):
        if kind == 0x21 and item[2] == 0:
            contexts[item[0]] = dict(_items(item[4:]))[0x40].rstrip(b"\0").decode()
        elif kind == 0x50:
            (longest,) = struct.unpack(">I", dict(_items(item))[0x51])
    return Answer("accept", contexts=contexts, maximum_length=longest)


def _items(encoded: bytes) -> list[tuple[int, bytes]]:
    found, place = [], 0
    while place < len(encoded):
        kind, length = ITEM.unpack_from(encoded, place)
        place += ITEM.size + length
        found.append((kind, encoded[place - length : place]))
    return found


def _values(command: bytes) -> dict[int, bytes]:
    values, place = {}, 0
    while place < len(command):
        _, element, length = ELEMENT.unpack_from(command, place)
        place += ELEMENT.size + length
        values[element] = command[place - length : place]
    return values
