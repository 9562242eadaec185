"""A connection with a deadline that nobody on either end can put off by silence."""

import contextlib
import socket
import ssl
from dataclasses import dataclass
from time import monotonic

from triage.domain.errors import TriageError
from triage.receive.pdu import ASSOCIATE_RQ, HEADER, abort

NEVER = float("inf")
"""The deadline while the next word is ours."""

INSIDE = "the association ended inside a message"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer may cost.

    ``most_waiting`` counts connections of one host that are not associated; above it the one
    that has been silent longest gives way, so that silent peers never keep out a talking one.
    A connection younger than ``patience_s`` gives way only above ten times as many.
    """

    association_timeout_s: float = 30.0
    idle_timeout_s: float = 60.0
    slowest_bytes_per_s: float = 16_384.0
    most_waiting: int = 100
    patience_s: float = 1.0
    most_associations: int = 1000
    largest_request: int = 262_144


class NoRequest(TriageError):
    """What came was no association request; the message says what it looked like."""


class PeerLeft(TriageError):
    """The association ended without a release: aborted, reset, or ended by us for its silence.

    ``inside`` tells whether a message was on its way.
    """

    def __init__(self, sentence: str, *, inside: bool) -> None:
        super().__init__(sentence)
        self.inside = inside


class Connection:
    """An accepted socket.

    Calls block without a timeout of their own: when the deadline passes, the door shuts the
    socket down, which ends whatever its thread is doing, a TLS handshake too.
    """

    def __init__(self, accepted: socket.socket, host: str, *, limits: Limits) -> None:
        self.socket = accepted
        self.host = host
        self.limits = limits
        self.since = monotonic()
        self.deadline = self.since + limits.association_timeout_s
        self.associated = False
        self.resting = False  # associated, and between two messages
        self.shut_because = ""

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on.

        Raises:
            OSError: the handshake failed, ``ssl.SSLError`` says how.
        """
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        if self.shut_because:  # while the socket changed hands: it was the old one that was shut
            self.shut(self.shut_because)
        self.socket.do_handshake()

    def read_request(self) -> bytes:
        """Read one whole A-ASSOCIATE-RQ PDU, its header included.

        Memory grows with what has come, never with what was announced.

        Raises:
            NoRequest: the peer sent something else, too much, or nothing.
            OSError: the connection broke.
        """
        received = bytearray()
        wanted = HEADER.size
        while len(received) < wanted:
            part = self.socket.recv(min(wanted - len(received), 65_536))
            if not part:
                raise NoRequest(self.shut_because or _ended(received))
            received += part
            if received[0] != ASSOCIATE_RQ:
                raise NoRequest(_looks_like(bytes(received)))
            if len(received) == HEADER.size:
                wanted += self._announced(received)
        return bytes(received)

    def wait_for_end(self, seconds: float) -> None:
        """Give the peer so long to close, so that what we said last is not lost to a reset."""
        self.deadline = monotonic() + seconds
        self.resting = True
        with contextlib.suppress(OSError, ValueError):
            if isinstance(self.socket, ssl.SSLSocket):
                self.socket.unwrap()  # says close_notify, and waits for the peer's
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(65_536):
                pass

    def progressed(self, began: float, received: int) -> None:
        """Set the deadline of a message that began then, and of which so many bytes came."""
        limits = self.limits
        self.deadline = began + limits.idle_timeout_s + received / limits.slowest_bytes_per_s

    def shut(self, because: str) -> None:
        """End the connection from another thread: whoever reads it finds its end."""
        self.shut_because = self.shut_because or because
        with contextlib.suppress(OSError):
            # ssl's own method would take the TLS layer away from the thread that uses it.
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    def abort(self, because: str) -> None:
        """End an association from another thread, telling the peer where no TLS layer is."""
        if not isinstance(self.socket, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                self.socket.send(abort(source=0, reason=0), socket.MSG_DONTWAIT)
        self.shut(because)

    def close(self) -> None:
        """Close the socket."""
        with contextlib.suppress(OSError):
            self.socket.close()

    def _announced(self, header: bytearray) -> int:
        length = int(HEADER.unpack(header)[1])
        if length > self.limits.largest_request:
            raise NoRequest(
                f"an association request of {length} bytes, at most"
                f" {self.limits.largest_request} are read"
            )
        return length


def no_delay(connected: socket.socket) -> None:
    """Send small PDUs at once: Nagle's algorithm and a delayed ACK cost 40 ms each."""
    with contextlib.suppress(OSError):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _ended(received: bytes | bytearray) -> str:
    return (
        f"the connection ended after {len(received)} bytes of an association request"
        if received
        else "the connection ended before it said anything"
    )


def _looks_like(received: bytes) -> str:
    if received[:1] == b"\x16":
        return "TLS hello on a port without TLS"
    if received[:3].isalpha() and received[:3].isupper():
        return "HTTP or another text protocol"
    return f"PDU type {received[0]:#04x} where an association request was due"
