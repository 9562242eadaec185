"""A connection to a peer and its deadlines, on loopback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic

import pytest

from tests.builders.pdus import RELEASE, announce
from triage.domain.study import Peer
from triage.send.connection import Connection
from triage.send.failure import Broken, Failure

SHORT_S = 0.4


@contextmanager
def connected(timeout_s: float = 5.0) -> Iterator[tuple[Connection, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = Connection(
            Peer("PACS", "127.0.0.1", server.getsockname()[1]), timeout_s=timeout_s
        )
        accepted, _ = server.accept()
        with accepted:
            yield connection, accepted
        connection.close()


def trickle(peer: socket.socket, what: bytes, *, every_s: float) -> threading.Event:
    """Send a byte at a time in the background until the event is set."""
    stop = threading.Event()

    def run() -> None:
        with suppress(OSError):
            for byte in what:
                peer.sendall(bytes((byte,)))
                if stop.wait(every_s):
                    return

    threading.Thread(target=run, daemon=True).start()
    return stop


def test_a_whole_pdu_is_read() -> None:
    with connected() as (connection, peer):
        peer.sendall(RELEASE)

        assert connection.receive() == (5, bytes(4))


def test_a_byte_now_and_then_does_not_put_off_the_deadline() -> None:
    with connected(SHORT_S) as (connection, peer):
        stop, began = trickle(peer, RELEASE, every_s=SHORT_S / 4), monotonic()

        with pytest.raises(Broken) as broken:
            connection.receive()

        stop.set()
    assert broken.value.failure is Failure.SILENT
    assert monotonic() - began < SHORT_S * 2.5


def test_a_deadline_that_each_byte_renews_would_be_noticed() -> None:
    ours, peer = socket.socketpair()
    with ours, peer:
        stop, began = trickle(peer, RELEASE, every_s=SHORT_S / 4), monotonic()
        ours.settimeout(SHORT_S)

        for _ in RELEASE:
            ours.recv(1)

        stop.set()
    assert monotonic() - began > SHORT_S * 1.5


def test_a_peer_that_closes_is_told_from_one_that_is_silent() -> None:
    with connected() as (connection, peer):
        peer.close()

        with pytest.raises(Broken) as broken:
            connection.receive()

    assert broken.value.failure is Failure.CLOSED


def test_a_peer_that_takes_nothing_is_given_up() -> None:
    with connected(SHORT_S) as (connection, peer):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        with pytest.raises(Broken) as broken:
            connection.send([bytes(65_536)] * 400)

    assert broken.value.failure in {Failure.SILENT, Failure.CLOSED}


def test_everything_arrives_however_many_pieces_it_is() -> None:
    pieces = [bytes((number % 256,)) * 10 for number in range(2000)]
    with connected() as (connection, peer):
        connection.send(pieces)
        connection.close()

        with peer.makefile("rb") as file:
            assert file.read() == b"".join(pieces)


def test_a_pdu_that_is_longer_than_was_negotiated_is_refused_at_its_header() -> None:
    with connected() as (connection, peer):
        peer.sendall(announce(4, 2**32 - 1))

        with pytest.raises(Broken, match="4294967295 bytes, 131072 were negotiated"):
            connection.receive()


def test_whether_something_came_is_known_without_waiting() -> None:
    with connected() as (connection, peer):
        before = connection.has_something()
        peer.sendall(RELEASE)

        assert (before, connection.has_something(within_s=5.0)) == (False, True)


def test_nobody_there_is_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(Broken, match="cannot be reached"):
        Connection(Peer("PACS", "127.0.0.1", port), timeout_s=1.0)
