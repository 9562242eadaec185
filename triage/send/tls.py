"""TLS on a connection that we opened: what ``Connection`` needs of a socket, within deadlines.

A timeout of the socket bounds a whole call, however many records and turns that takes.
"""

import contextlib
import socket
import ssl
from collections.abc import Sequence

from triage.settings.tls import Handshake

RECORD = 16_384
"""So much a TLS record holds (RFC 8446 5.1); OpenSSL writes one at a time."""

_NOTHING_YET = (ssl.SSLWantReadError, ssl.SSLWantWriteError, TimeoutError)
_GONE = (ConnectionError, ssl.SSLEOFError)


class TlsSocket:
    """A connected socket that speaks TLS.

    Args:
        plain: connected; it is ours from now on.
        handshake: how to begin.
        timeout_s: for the handshake as a whole.

    Raises:
        OSError: the handshake failed; ``ssl.SSLError`` says why, and ``plain`` is closed.
    """

    def __init__(self, plain: socket.socket, handshake: Handshake, *, timeout_s: float) -> None:
        self._early = b""
        with contextlib.ExitStack() as undo:
            undo.callback(plain.close)
            self._socket = handshake.context.wrap_socket(
                plain, server_hostname=handshake.name, do_handshake_on_connect=False
            )
            undo.callback(self._socket.close)
            self._socket.settimeout(timeout_s)
            self._socket.do_handshake()
            undo.pop_all()

    def settimeout(self, value: float | None) -> None:
        """Bound each of the next calls."""
        self._socket.settimeout(value)

    def setsockopt(self, level: int, name: int, value: int | bytes) -> None:
        """Set an option of the TCP socket."""
        self._socket.setsockopt(level, name, value)

    def sendmsg(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Send the first of the pieces in one record, and return how many bytes."""
        record = bytearray()
        for piece in pieces:
            record += piece[: RECORD - len(record)]
            if len(record) == RECORD:
                break
        try:
            return self._socket.send(record)
        except _GONE:
            self._tell_alert()
            raise

    def recv_into(self, view: memoryview) -> int:
        """Read some bytes; 0 where the peer has closed the connection."""
        if not self._early:
            return self._socket.recv_into(view)
        view[:1], self._early = self._early, b""
        return 1

    def has_something(self, *, within_s: float) -> bool:
        """Tell whether there is something for our user: a record may be none of his."""
        if self._early:
            return True
        self._socket.settimeout(within_s)
        try:
            self._early = self._socket.recv(1)
        except _NOTHING_YET:
            return False
        except OSError:
            return True  # who reads it is told
        return True

    def take_leave(self) -> None:
        """Say that nothing follows; what the peer says to that is not waited for."""
        self._socket.settimeout(0)
        with contextlib.suppress(OSError, ValueError):
            self._socket.unwrap()

    def close(self) -> None:
        """Close the TCP connection."""
        self._socket.close()

    def _tell_alert(self) -> None:
        """Raise what the peer said before it left: TLS 1.3 looks at our certificate that late."""
        self._socket.settimeout(0)
        with contextlib.suppress(*_NOTHING_YET, *_GONE):
            self._socket.recv(1)
