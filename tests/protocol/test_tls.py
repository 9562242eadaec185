"""Mutual TLS with real peers: who is served, who is not, and who is told so."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from structlog.testing import capture_logs

from tests.builders.certificates import Authority, Papers, antiquated, hello, modality, ours
from tests.builders.crowd import silent_crowd
from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryKeeper
from tests.builders.pdus import RELEASE
from tests.builders.raw import Answer, RawClient, associate_rq, message, store_rq
from tests.builders.stock import stock_listener
from tests.builders.studies import FILM
from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.domain.door import DoorCode
from triage.receive.connection import Limits
from triage.receive.pdu import RELEASE_REPLY
from triage.receive.scp import StorageSCP
from triage.receive.visitor import Serving

DATA_SET = encoded(film_dataset())
WHOLE_STORE = message(store_rq(CR, FILM), DATA_SET)
LARGE = encoded(film_dataset(PixelData=bytes(range(256)) * 12_000))
SERVED_WITHIN_S = 20.0  # a listener that can be locked out needs half a minute
IMPATIENT = Limits(association_timeout_s=0.4)
PATIENT = Limits()
SERVER_HELLO = b"\x16"
OLD = ssl.TLSVersion.TLSv1_1
BOTH = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
GONE = (ConnectionError, ssl.SSLError)

Stranger = Callable[[Authority, Authority], Papers | None]


@pytest.fixture
def hospital(tmp_path: Path) -> Authority:
    """The authority that the listener trusts."""
    return Authority(tmp_path / "hospital")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Authority:
    """An authority that nobody here trusts."""
    return Authority(tmp_path / "elsewhere")


@pytest.fixture
def context(hospital: Authority) -> ssl.SSLContext:
    """The listener's context, as the product makes it."""
    return ours(hospital.papers())


@pytest.fixture
def known(hospital: Authority) -> ssl.SSLContext:
    """A modality of the hospital."""
    return modality(hospital.papers("CR1"), trusts=hospital)


def store(port: int, tls: ssl.SSLContext | None) -> int | None:
    """Associate, store, and leave, as a modality does."""
    with RawClient(port, tls=tls) as client:
        client.associate()
        status = client.store(DATA_SET, FILM)
        client.release()
    return status


def knock(port: int, tls: ssl.SSLContext | None) -> Answer:
    """Ask for an association; an end of the connection at any moment is an answer too."""
    with suppress(*GONE), RawClient(port, tls=tls) as client:
        with suppress(*GONE):
            client.send(associate_rq())
        return client.answer()
    return Answer("end")


def first_byte(client: RawClient) -> bytes:
    """Read the first byte of an answer; nothing where the connection has ended."""
    with suppress(ConnectionError):
        return client.socket.recv(1)
    return b""


def unchecked(context: ssl.SSLContext) -> ssl.SSLContext:
    """Take the demand for a certificate away from a context."""
    context.verify_mode = ssl.CERT_NONE
    return context


def of_another_authority(_hospital: Authority, elsewhere: Authority) -> Papers | None:
    return elsewhere.papers("CR1")


def expired(hospital: Authority, _elsewhere: Authority) -> Papers | None:
    return hospital.papers("CR1", expired=True)


def without_certificate(_hospital: Authority, _elsewhere: Authority) -> Papers | None:
    return None


STRANGERS = [of_another_authority, expired, without_certificate]


@BOTH
def test_a_film_is_stored_over_mutual_tls(
    context: ssl.SSLContext,
    hospital: Authority,
    keeper: MemoryKeeper,
    data_phase: Serving | None,
    version: ssl.TLSVersion,
) -> None:
    known = modality(hospital.papers("CR1"), trusts=hospital, version=version)

    with listening(keeper, tls=context, data_phase=data_phase) as scp:
        status = store(scp.port, known)

    assert status == 0x0000
    assert keeper.kept[0].file.endswith(DATA_SET)


def test_version_1_3_is_preferred(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    with listening(keeper, tls=context) as scp, RawClient(scp.port, tls=known) as client:
        assert isinstance(client.socket, ssl.SSLSocket)
        assert client.socket.version() == "TLSv1.3"


def test_a_large_film_in_many_records_is_kept_whole(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper, data_phase: Serving | None
) -> None:
    with (
        listening(keeper, tls=context, data_phase=data_phase) as scp,
        RawClient(scp.port, tls=known) as client,
    ):
        client.associate()
        status = client.store(LARGE, FILM, pdu_length=20_000)

    assert status == 0x0000
    assert keeper.kept[0].file.endswith(LARGE)


def test_whole_messages_in_one_record_are_all_answered(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    with listening(keeper, tls=context) as scp, RawClient(scp.port, tls=known) as client:
        client.associate()
        client.send(WHOLE_STORE + WHOLE_STORE + RELEASE)
        answers = [client.answer().kind for _ in range(3)]

    assert answers == ["response", "response", "release"]
    assert len(keeper.kept) == 2


@needs("storescu")
@pytest.mark.parametrize(("stranger", "kept"), [(False, 1), (True, 0)], ids=["known", "stranger"])
def test_storescu_stores_with_a_certificate_that_we_trust(
    hospital: Authority,
    elsewhere: Authority,
    *,
    keeper: MemoryKeeper,
    film: Path,
    stranger: bool,
    kept: int,
) -> None:
    papers = (elsewhere if stranger else hospital).papers("CR1")
    tls = ["+tls", str(papers.key), str(papers.certificate), "+cf", str(hospital.file)]

    with listening(keeper, tls=ours(hospital.papers())) as scp:
        command = ["storescu", *tls, "-aec", "TRIAGE", "127.0.0.1", str(scp.port), str(film)]
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)

    assert (done.returncode == 0) is bool(kept), done.stderr.decode()
    assert len(keeper.kept) == kept


@BOTH
@pytest.mark.parametrize(
    ("stranger", "because"),
    [
        (of_another_authority, "certificate verify failed (unable to get local issuer"),
        (expired, "certificate verify failed (certificate has expired)"),
        (without_certificate, "peer did not return a certificate"),
    ],
)
def test_who_shows_no_certificate_that_counts_is_refused_and_recorded(
    hospital: Authority,
    elsewhere: Authority,
    *,
    keeper: MemoryKeeper,
    version: ssl.TLSVersion,
    stranger: Stranger,
    because: str,
) -> None:
    papers = stranger(hospital, elsewhere)

    with listening(keeper, tls=ours(hospital.papers())) as scp:
        answer = knock(scp.port, modality(papers, trusts=hospital, version=version))
        wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    assert answer.kind == "end"
    assert (refused.code, refused.host) == (DoorCode.TLS, "127.0.0.1")
    assert because in refused.sentence


@BOTH
@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_context_that_asks_for_no_certificate_lets_them_in(
    hospital: Authority,
    elsewhere: Authority,
    keeper: MemoryKeeper,
    version: ssl.TLSVersion,
    stranger: Stranger,
) -> None:
    papers = stranger(hospital, elsewhere)

    with listening(keeper, tls=unchecked(ours(hospital.papers()))) as scp:
        answer = knock(scp.port, modality(papers, trusts=hospital, version=version))

    assert answer.kind == "accept"


def test_tls_1_1_is_refused_and_recorded(
    context: ssl.SSLContext, hospital: Authority, keeper: MemoryKeeper
) -> None:
    old = antiquated(modality(hospital.papers("CR1"), trusts=hospital), OLD)
    with pytest.deprecated_call():
        old.maximum_version = OLD

    with listening(keeper, tls=context) as scp:
        answer = knock(scp.port, old)
        wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    assert answer.kind == "end"
    assert (refused.code, refused.sentence) == (DoorCode.TLS, "TLS: unsupported protocol")


def test_a_context_that_speaks_tls_1_1_lets_it_in(
    context: ssl.SSLContext, hospital: Authority, keeper: MemoryKeeper
) -> None:
    old = antiquated(modality(hospital.papers("CR1"), trusts=hospital), OLD)
    with pytest.deprecated_call():
        old.maximum_version = OLD

    with listening(keeper, tls=antiquated(context, OLD)) as scp:
        assert knock(scp.port, old).kind == "accept"


def test_a_suite_without_forward_secrecy_is_refused(
    context: ssl.SSLContext, hospital: Authority, keeper: MemoryKeeper
) -> None:
    papers, version = hospital.papers("CR1"), ssl.TLSVersion.TLSv1_2
    weak = modality(papers, trusts=hospital, version=version)
    weak.set_ciphers("ECDHE-ECDSA-AES128-SHA256")

    with listening(keeper, tls=context) as scp:
        answer = knock(scp.port, weak)
        wait_until(lambda: keeper.turned_away)

    assert answer.kind == "end"
    assert keeper.turned_away[0].sentence == "TLS: no shared cipher"


def test_plain_dicom_on_the_tls_port_is_refused_and_recorded(
    context: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    with listening(keeper, tls=context) as scp:
        answer = knock(scp.port, None)
        wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    assert answer.kind == "end"
    assert (refused.code, refused.sentence) == (DoorCode.TLS, "TLS: wrong version number")


def test_plain_dicom_on_a_plain_port_is_let_in(keeper: MemoryKeeper) -> None:
    with listening(keeper) as scp:
        assert knock(scp.port, None).kind == "accept"


def test_a_modality_that_does_not_trust_us_leaves(
    context: ssl.SSLContext, hospital: Authority, elsewhere: Authority, keeper: MemoryKeeper
) -> None:
    wary = modality(hospital.papers("CR1"), trusts=elsewhere)

    with listening(keeper, tls=context) as scp:
        with pytest.raises(ssl.SSLCertVerificationError):
            RawClient(scp.port, tls=wary)
        wait_until(lambda: keeper.turned_away)

    assert keeper.turned_away[0].sentence == "TLS: tlsv1 alert unknown ca"


def test_a_modality_that_checks_nobody_would_talk_to_us(
    context: ssl.SSLContext, hospital: Authority, elsewhere: Authority, keeper: MemoryKeeper
) -> None:
    careless = modality(hospital.papers("CR1"), trusts=elsewhere)
    careless.check_hostname = False

    with listening(keeper, tls=context) as scp:
        assert knock(scp.port, unchecked(careless)).kind == "accept"


@pytest.mark.parametrize("part", [0, 0.5], ids=["silent", "half a hello"])
def test_half_open_handshakes_keep_nobody_waiting(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper, part: float
) -> None:
    greeting = hello(known)
    said = greeting[: int(len(greeting) * part)]

    with listening(keeper, tls=context) as scp, silent_crowd(scp.port, many=200, said=said):
        begin = monotonic()
        statuses = [store(scp.port, known) for _ in range(3)]
        took_s = monotonic() - begin

    assert statuses == [0x0000] * 3
    assert took_s < SERVED_WITHIN_S


def test_without_the_door_one_silent_handshake_locks_everybody_out(
    context: ssl.SSLContext, known: ssl.SSLContext
) -> None:
    with (
        stock_listener(tls=context) as port,
        silent_crowd(port, many=1),
        pytest.raises(TimeoutError),
    ):
        RawClient(port, tls=known, timeout_s=1.0)


@pytest.mark.parametrize("part", [0, 0.5], ids=["silent", "half a hello"])
def test_a_handshake_that_stops_is_ended_at_its_deadline(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper, part: float
) -> None:
    greeting = hello(known)

    with (
        listening(keeper, tls=context, limits=IMPATIENT) as scp,
        RawClient(scp.port) as silent,
    ):
        silent.send(greeting[: int(len(greeting) * part)])
        answer = silent.answer()
        wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    assert answer.kind == "end"
    assert (refused.code, refused.sentence) == (DoorCode.TLS, "no association within 0.4 s")


@pytest.mark.parametrize(("limits", "answered"), [(IMPATIENT, b""), (PATIENT, SERVER_HELLO)])
def test_a_hello_byte_by_byte_has_one_deadline(
    *,
    context: ssl.SSLContext,
    known: ssl.SSLContext,
    keeper: MemoryKeeper,
    limits: Limits,
    answered: bytes,
) -> None:
    greeting = hello(known)

    with (
        listening(keeper, tls=context, limits=limits) as scp,
        RawClient(scp.port) as dawdler,
    ):
        dawdler.send(greeting[:-150])
        dawdler.trickle(greeting[-150:], threading.Event(), 0.004)
        assert first_byte(dawdler) == answered


def test_a_handshake_that_gives_way_is_ended(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    limits = Limits(most_waiting=10, patience_s=0)

    with (
        listening(keeper, tls=context, limits=limits) as scp,
        silent_crowd(scp.port, many=10) as crowd,
    ):
        status = store(scp.port, known)
        oldest = crowd[0].answer().kind

    assert (oldest, status) == ("end", 0x0000)


def test_an_association_that_rests_too_long_is_ended(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    limits = Limits(idle_timeout_s=0.3)

    with (
        listening(keeper, tls=context, limits=limits) as scp,
        RawClient(scp.port, tls=known) as resting,
    ):
        answers = [resting.associate().kind, resting.answer().kind]
        wait_until(lambda: keeper.turned_away)

    assert answers == ["accept", "end"]
    assert keeper.turned_away[0].code is DoorCode.PROTOCOL


def test_a_listener_that_stops_ends_handshakes_and_associations(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    with (
        listening(keeper, tls=context) as scp,
        RawClient(scp.port) as silent,
        RawClient(scp.port, tls=known) as resting,
    ):
        resting.associate()
        begin = monotonic()
        scp.stop(grace_s=20.0)
        took_s = monotonic() - begin
        answers = [silent.answer().kind, resting.answer().kind]

    assert answers == ["end", "end"]
    assert took_s < SERVED_WITHIN_S


def test_what_breaks_tls_within_an_association_is_recorded(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    with listening(keeper, tls=context) as scp, RawClient(scp.port, tls=known) as client:
        client.associate()
        socket.socket.sendall(client.socket, b"\x17\x03\x03\x00\x20" + bytes(32))
        wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    assert (refused.code, refused.calling_ae_title) == (DoorCode.PROTOCOL, "CR1")
    assert refused.sentence.startswith("TLS: ")


def test_the_end_of_the_connection_is_said(
    context: ssl.SSLContext, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    known.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # an end that is not said is an error

    with (
        listening(keeper, tls=context) as scp,
        socket.create_connection(("127.0.0.1", scp.port), timeout=10) as plain,
        known.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as client,
    ):
        client.sendall(associate_rq() + RELEASE)
        answered = b"".join(iter(partial(client.recv, 65_536), b""))

    assert answered.endswith(RELEASE_REPLY)


def test_tls_on_a_plain_port_is_closed_quietly_with_one_line(
    scp: StorageSCP, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    greeting = hello(known)

    with capture_logs() as lines, silent_crowd(scp.port, many=20, said=greeting) as strangers:
        answers = [stranger.answer() for stranger in strangers]
        wait_until(lambda: keeper.turned_away)

    told = [line["reason"] for line in lines if line["event"] == "turned away"]
    assert answers == [Answer("end")] * 20
    assert told == ["TLS hello on a port without TLS"]


def test_each_host_has_its_own_line(
    scp: StorageSCP, known: ssl.SSLContext, keeper: MemoryKeeper
) -> None:
    hosts = ["127.0.0.1", "127.0.0.2"]
    crowd = partial(silent_crowd, scp.port, many=20, sources=hosts, said=hello(known))

    with capture_logs() as lines, crowd() as strangers:
        for stranger in strangers:
            stranger.answer()
        wait_until(lambda: len(keeper.turned_away) == 2)

    told = [line["host"] for line in lines if line["event"] == "turned away"]
    assert sorted(told) == hosts
