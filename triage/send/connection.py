"""A connection to a peer; trickling bytes do not put off the deadline of any wait."""

import contextlib
import select
import socket
import ssl
import struct
from collections.abc import Iterator, Sequence
from time import monotonic

from triage.domain.study import Peer
from triage.send.failure import Broken, Failure
from triage.send.pdu import HEADER, MAXIMUM_LENGTH
from triage.send.tls import TlsSocket
from triage.settings.tls import Handshake, words_of

SLOWEST_BYTES_PER_S = 16_384
"""A peer that takes an object slower than this is as good as silent."""

MOST_PIECES = 512
"""Of one gathering write: the system takes 1024."""

ALERT = 0x15
"""With which a record of TLS begins that says what is wrong (RFC 8446 5.1)."""


class Connection:
    """A TCP connection that was opened by us.

    Args:
        peer: to connect to.
        timeout_s: for the connection, for the handshake, for each answer as a whole, and for a
            peer that takes nothing of what is sent.
        tls: with it the connection begins with a handshake.

    Raises:
        Broken: the peer cannot be reached, or makes no TLS connection with us.
    """

    def __init__(self, peer: Peer, *, timeout_s: float, tls: Handshake | None = None) -> None:
        self._timeout_s = timeout_s
        plain = _connected(peer, timeout_s)
        # Nagle's algorithm and a delayed ACK cost 40 ms for each small write.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket: socket.socket | TlsSocket
        self._socket = plain if tls is None else _secured(plain, tls, timeout_s)

    def send(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Send everything.

        Raises:
            Broken: the peer went away, or takes too long.
        """
        count = sum(len(piece) for piece in pieces)
        deadline = monotonic() + self._timeout_s + count / SLOWEST_BYTES_PER_S
        waiting = [memoryview(piece) for piece in pieces]
        with _translated():
            while waiting:
                self._wait_until(min(deadline, monotonic() + self._timeout_s))
                sent = self._socket.sendmsg(waiting[:MOST_PIECES])
                waiting = _rest_of(waiting, sent)

    def deadline(self) -> float:
        """Return when that has to be whole which the peer owes us from now on."""
        return monotonic() + self._timeout_s

    def receive(self, *, deadline: float | None = None) -> tuple[int, bytes]:
        """Read one whole PDU, by a deadline or else in time; return its type and contents.

        Raises:
            Broken: it did not come in time, is longer than was negotiated, or the peer left.
        """
        deadline = self.deadline() if deadline is None else deadline
        kind, length = HEADER.unpack(self._read(HEADER.size, deadline))
        if kind == ALERT:
            raise Broken(Failure.TLS, "it speaks TLS, and plain DICOM was tried")
        if length > MAXIMUM_LENGTH:
            raise Broken(
                Failure.GARBLED, f"PDU of {length} bytes, {MAXIMUM_LENGTH} were negotiated"
            )
        return kind, self._read(length, deadline)

    def has_something(self, *, within_s: float = 0.0) -> bool:
        """Tell whether the peer said something, or closed the connection."""
        if isinstance(self._socket, TlsSocket):
            return self._socket.has_something(within_s=within_s)
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(within_s * 1000))

    def close(self) -> None:
        """Close it."""
        if isinstance(self._socket, TlsSocket):
            self._socket.take_leave()
        self._socket.close()

    def reset(self) -> None:
        """Close it and forget what was not sent yet: nobody waits for a peer that takes nothing."""
        with contextlib.suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._socket.close()

    def _read(self, count: int, deadline: float) -> bytes:
        received = bytearray(count)
        view, have = memoryview(received), 0
        with _translated():
            while have < count:
                self._wait_until(deadline)
                # Not a lasting option; without it a peer with Nagle's algorithm waits for our ACK.
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                part = self._socket.recv_into(view[have:])
                if not part:
                    raise Broken(Failure.CLOSED)
                have += part
        return bytes(received)

    def _wait_until(self, deadline: float) -> None:
        left = deadline - monotonic()
        if left <= 0:
            raise Broken(Failure.SILENT)
        self._socket.settimeout(left)


def _connected(peer: Peer, timeout_s: float) -> socket.socket:
    try:
        return socket.create_connection((peer.host, peer.port), timeout=timeout_s)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Broken(Failure.UNREACHABLE, reason) from error
    except UnicodeError as error:
        raise Broken(Failure.UNREACHABLE, "that is no host name") from error


def _secured(plain: socket.socket, tls: Handshake, timeout_s: float) -> TlsSocket:
    try:
        return TlsSocket(plain, tls, timeout_s=timeout_s)
    except TimeoutError as error:
        raise Broken(Failure.SILENT, "TLS handshake") from error
    except (ssl.SSLEOFError, ConnectionError) as error:
        raise Broken(Failure.TLS, "closed in the handshake") from error
    except ssl.SSLError as error:
        raise Broken(Failure.TLS, words_of(error)) from error
    except OSError as error:
        raise Broken(Failure.TLS, error.strerror or type(error).__name__) from error


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Broken(Failure.SILENT) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise Broken(Failure.CLOSED) from error
    except ssl.SSLError as error:
        raise Broken(Failure.TLS, words_of(error)) from error
    except OSError as error:
        raise Broken(Failure.CLOSED, error.strerror or type(error).__name__) from error


def _rest_of(pieces: list[memoryview], sent: int) -> list[memoryview]:
    for number, piece in enumerate(pieces):
        if sent < len(piece):
            return [piece[sent:], *pieces[number + 1 :]]
        sent -= len(piece)
    return []
