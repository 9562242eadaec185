"""A socket that speaks TLS, beside one of the standard library's on the other end."""

import select
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from tests.builders.certificates import Authority, outward
from triage.send.tls import RECORD, TlsSocket
from triage.settings.tls import Handshake

PATIENT_S, SHORT_S = 10.0, 0.3


@pytest.fixture
def hospital(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "hospital")


@pytest.fixture
def known(hospital: Authority) -> Handshake:
    return outward(hospital.papers("TRIAGE"))


@pytest.fixture
def pacs(hospital: Authority) -> ssl.SSLContext:
    """A PACS' context as the library makes it: two tickets follow each handshake."""
    papers = hospital.papers()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=papers.authorities)
    context.load_cert_chain(papers.certificate, papers.key)
    return context


@contextmanager
def connected(
    known: Handshake, pacs: ssl.SSLContext
) -> Iterator[tuple[TlsSocket, ssl.SSLSocket, socket.socket]]:
    """Connect both ends; the last is ours, as the system sees it."""
    here, there = socket.socketpair()
    seen = here.dup()
    with ThreadPoolExecutor(1) as pool, seen:
        shaken = pool.submit(pacs.wrap_socket, there, server_side=True)
        ours = TlsSocket(here, known, timeout_s=PATIENT_S)
        with shaken.result(PATIENT_S) as theirs:
            theirs.settimeout(PATIENT_S)
            yield ours, theirs, seen
        ours.close()


def readable(there: socket.socket) -> bool:
    return bool(select.select([there], [], [], SHORT_S)[0])


def test_a_ticket_after_the_handshake_is_nothing_to_read(
    known: Handshake, pacs: ssl.SSLContext
) -> None:
    with connected(known, pacs) as (ours, _, seen):
        assert readable(seen)
        assert not ours.has_something(within_s=0)


def test_what_was_looked_for_is_read_first(known: Handshake, pacs: ssl.SSLContext) -> None:
    buffer = bytearray(5)
    with connected(known, pacs) as (ours, theirs, _):
        theirs.sendall(b"hello")
        found = ours.has_something(within_s=PATIENT_S), ours.has_something(within_s=0)
        ours.settimeout(PATIENT_S)
        counts = [ours.recv_into(memoryview(buffer)), ours.recv_into(memoryview(buffer)[1:])]

    assert (found, counts, bytes(buffer)) == ((True, True), [1, 4], b"hello")


def test_a_record_is_filled_from_the_pieces(known: Handshake, pacs: ssl.SSLContext) -> None:
    pieces: list[bytes | memoryview] = [b"head", memoryview(bytes(RECORD))]
    with connected(known, pacs) as (ours, theirs, _):
        sent = ours.sendmsg(pieces), ours.sendmsg([b"a", b"b"])
        received = theirs.recv(2 * RECORD)

    assert sent == (RECORD, 2)
    assert received == b"head" + bytes(RECORD - 4)


def test_half_a_record_does_not_put_off_the_deadline(
    known: Handshake, pacs: ssl.SSLContext
) -> None:
    with connected(known, pacs) as (ours, theirs, _):
        socket.socket.sendall(theirs, b"\x17\x03\x03\x00\x20" + bytes(9))
        ours.settimeout(SHORT_S)
        began = monotonic()
        with pytest.raises(TimeoutError):
            ours.recv_into(memoryview(bytearray(1)))

    assert monotonic() - began < PATIENT_S / 2


def test_who_takes_leave_is_known_to_have_said_everything(
    known: Handshake, pacs: ssl.SSLContext
) -> None:
    with connected(known, pacs) as (ours, theirs, _):
        ours.take_leave()

        assert theirs.recv(1) == b""
        theirs.unwrap()


def test_who_is_cut_off_is_told_from_who_took_leave(known: Handshake, pacs: ssl.SSLContext) -> None:
    with connected(known, pacs) as (ours, theirs, seen):
        ours.close()
        seen.close()

        with pytest.raises(BrokenPipeError):
            theirs.unwrap()


def test_a_failed_handshake_leaves_no_socket_open(known: Handshake, pacs: ssl.SSLContext) -> None:
    here, there = socket.socketpair()
    stranger = replace(known, name="pacs.example")

    there.settimeout(PATIENT_S)

    with ThreadPoolExecutor(1) as pool:
        shaken = pool.submit(pacs.wrap_socket, there, server_side=True)
        with pytest.raises(ssl.SSLCertVerificationError):
            TlsSocket(here, stranger, timeout_s=PATIENT_S)

    assert isinstance(shaken.exception(), ssl.SSLError)
    assert here.fileno() == -1
