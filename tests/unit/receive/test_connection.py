import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from triage.receive.connection import Connection, Limits, NoRequest

REQUEST = b"\x01\x00\x00\x00\x00\x04abcd"


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    """A connection, and its peer's end."""
    ours, theirs = socket.socketpair()
    connection = Connection(ours, "10.0.0.1", limits=Limits(largest_request=100))
    with theirs:
        yield connection, theirs
    connection.close()


def test_a_request_is_read_whole_and_no_byte_more(
    pair: tuple[Connection, socket.socket],
) -> None:
    connection, peer = pair
    peer.sendall(REQUEST + b"next")

    assert connection.read_request() == REQUEST
    assert connection.socket.recv(100) == b"next"


def test_a_request_in_pieces_is_read_whole(pair: tuple[Connection, socket.socket]) -> None:
    connection, peer = pair

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(connection.read_request)
        for place in range(len(REQUEST)):
            peer.sendall(REQUEST[place : place + 1])

        assert reading.result(10) == REQUEST


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "ended before it said anything"),
        (b"\x01\x00\x00", "ended after 3 bytes"),
        (b"\x01\x00\x00\x00\x00\x65", "of 101 bytes, at most 100 are read"),
        (b"\x01\x00\xff\xff\xff\xff", "of 4294967295 bytes"),
        (b"GET / HTTP/1.1", "HTTP"),
        (b"\x16\x03\x01", "TLS hello"),
        (b"\x05\x00\x00\x00\x00\x04", "PDU type 0x05"),
    ],
)
def test_what_is_no_request_is_named(
    pair: tuple[Connection, socket.socket], sent: bytes, said: str
) -> None:
    connection, peer = pair
    peer.sendall(sent)
    peer.shutdown(socket.SHUT_WR)

    with pytest.raises(NoRequest, match=said):
        connection.read_request()


def test_a_connection_that_is_shut_tells_why(pair: tuple[Connection, socket.socket]) -> None:
    connection, _ = pair

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(connection.read_request)
        connection.shut("no association within 30 s")

        with pytest.raises(NoRequest, match="no association within 30 s"):
            reading.result(10)


def test_an_association_that_is_ended_is_told(pair: tuple[Connection, socket.socket]) -> None:
    connection, peer = pair

    connection.abort("nothing came in time")

    assert peer.recv(100) == b"\x07\x00\x00\x00\x00\x04\x00\x00\x00\x00"
    assert peer.recv(100) == b""


def test_a_message_may_take_longer_the_more_of_it_has_come(
    pair: tuple[Connection, socket.socket],
) -> None:
    connection, _ = pair
    connection.limits = Limits(idle_timeout_s=10.0, slowest_bytes_per_s=1000.0)
    begin = monotonic()

    connection.progressed(begin, 0)
    silent = connection.deadline - begin
    connection.progressed(begin, 5000)

    assert (silent, connection.deadline - begin) == pytest.approx((10.0, 15.0))


def test_a_socket_that_is_shut_while_it_changes_hands_stays_shut(
    pair: tuple[Connection, socket.socket],
) -> None:
    connection, _ = pair
    connection.shut_because = "the listener stops"  # and it was the plain socket that was shut
    connection.socket.settimeout(10)

    with pytest.raises(ssl.SSLEOFError):
        connection.secure(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
