"""The listening socket, which outlives any one process that accepts from it."""

import socket

from triage.domain.errors import BusyError

BACKLOG = 1024


def listen_on(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 takes a free one.

    Raises:
        BusyError: the address is taken, or is none of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise BusyError(f"listen on {host}:{port}: {error.strerror}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise BusyError(f"listen on {host}:{port}: {error.strerror}") from error
    listening.settimeout(0)  # another process may have taken the caller that we woke for
    return listening
