"""TLS to the PACS, with real peers: what is delivered, what is not, and in which words."""

import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Engine, select

from tests.builders.certificates import Authority, Papers, antiquated, ours, outward
from tests.builders.closing import close_meanwhile
from tests.builders.courier import post
from tests.builders.dataset import encoded, film_dataset, part10
from tests.builders.dcmtk import running_storescp
from tests.builders.keeper import MemoryKeeper
from tests.builders.orthanc import running_orthanc
from tests.builders.pacs import running_pacs
from tests.builders.raw import RawClient
from tests.builders.scripted import Talk, scripted_pacs
from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from triage.daemon.courier import run
from triage.daemon.listener import storage_scp
from triage.database import schema
from triage.domain.errors import DeliveryPostponed
from triage.domain.study import DeliveryState, Peer
from triage.receive.listening import listen_on
from triage.send.destination import Destination
from triage.send.scu import deliver
from triage.settings import load_settings
from triage.settings.tls import Handshake
from triage.spool import Spool

BOTH = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
PATIENT_S, SHORT_S = 10.0, 0.5
OLD = ssl.TLSVersion.TLSv1_1
LARGE = bytes(range(256)) * 40_000


@pytest.fixture
def hospital(tmp_path: Path) -> Authority:
    """The authority that signed both sides' certificates."""
    return Authority(tmp_path / "hospital")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Authority:
    """An authority that nobody here trusts."""
    return Authority(tmp_path / "elsewhere")


@pytest.fixture
def known(hospital: Authority) -> Handshake:
    """What the courier shows and asks for."""
    return outward(hospital.papers("TRIAGE"))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return part10(tmp_path, encoded(film_dataset()))


def send(file: Path, peer: Peer, tls: Handshake | None, *, timeout_s: float = PATIENT_S) -> str:
    return deliver(file, peer, calling_ae_title="TRIAGE", timeout_s=timeout_s, tls=tls)


def failure(file: Path, peer: Peer, tls: Handshake | None, *, timeout_s: float = PATIENT_S) -> str:
    """Return why a delivery is tried again later; nothing is said of the object."""
    with pytest.raises(DeliveryPostponed) as postponed:
        send(file, peer, tls, timeout_s=timeout_s)
    assert not postponed.value.reached
    assert not postponed.value.in_doubt
    return str(postponed.value).removeprefix(f"{peer} ")


def only(handshake: Handshake, version: ssl.TLSVersion) -> Handshake:
    handshake.context.minimum_version = handshake.context.maximum_version = version
    return handshake


def unchecked(handshake: Handshake) -> Handshake:
    """Take the checks of the peer's certificate away."""
    handshake.context.check_hostname = False
    handshake.context.verify_mode = ssl.CERT_NONE
    return handshake


def obliging(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0x0000)


@BOTH
def test_a_capture_is_stored_over_mutual_tls(
    hospital: Authority, known: Handshake, capture: Path, version: ssl.TLSVersion
) -> None:
    with running_pacs(tls=ours(hospital.papers())) as pacs:
        answer = send(capture, pacs.peer, only(known, version))

    assert answer == "0x0000"
    assert [film.PixelData for film in pacs.objects] == [film_dataset().PixelData]


def test_a_large_object_in_many_records_arrives_whole(
    hospital: Authority, known: Handshake, tmp_path: Path
) -> None:
    large = part10(tmp_path, encoded(film_dataset(PixelData=LARGE)))

    with running_pacs(tls=ours(hospital.papers())) as pacs:
        send(large, pacs.peer, known)

    assert pacs.objects[0].PixelData == LARGE


def test_one_association_serves_many_deliveries_and_rests_between(
    hospital: Authority, known: Handshake, capture: Path
) -> None:
    with scripted_pacs(obliging, tls=ours(hospital.papers())) as pacs:
        there = Destination(pacs.peer, calling_ae_title="TRIAGE", timeout_s=PATIENT_S, tls=known)
        answers = []
        for _ in range(3):
            answers.append(there.store(capture))
            there.attend(within_s=0.05)
        there.close()

    assert answers == ["0x0000"] * 3
    assert len(pacs.talks) == 1


@needs("Orthanc")
def test_orthanc_stores_and_finds_over_mutual_tls(
    hospital: Authority, known: Handshake, capture: Path, tmp_path: Path
) -> None:
    with running_orthanc(tmp_path, tls=hospital.papers()) as orthanc:
        there = Destination(orthanc.peer, calling_ae_title="TRIAGE", timeout_s=PATIENT_S, tls=known)
        found = there.has(capture), there.store(capture), there.has(capture)
        there.close()

    assert found == (False, "0x0000", True)


@needs("storescp")
def test_storescp_stores_over_mutual_tls_and_refuses_a_stranger(
    hospital: Authority, elsewhere: Authority, known: Handshake, capture: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "received"
    folder.mkdir()
    stranger = replace(elsewhere.papers("TRIAGE"), authorities=hospital.file)

    with running_storescp(folder, tls=hospital.papers()) as peer:
        answer = send(capture, peer, known)
        said = failure(capture, peer, outward(stranger))

    assert (answer, len([*folder.iterdir()])) == ("0x0000", 1)
    assert said == "made no TLS connection (TLS: tlsv1 alert unknown ca)"


Impostor = Callable[[Authority, Authority], Papers]


def of_another_authority(_hospital: Authority, elsewhere: Authority) -> Papers:
    return elsewhere.papers()


def expired(hospital: Authority, _elsewhere: Authority) -> Papers:
    return hospital.papers(expired=True)


def of_another_host(hospital: Authority, _elsewhere: Authority) -> Papers:
    return hospital.papers("10.9.9.9")


IMPOSTORS = pytest.mark.parametrize(
    ("impostor", "because"),
    [
        (of_another_authority, "(unable to get local issuer certificate)"),
        (expired, "(certificate has expired)"),
        (of_another_host, "(ip address mismatch, certificate is not valid for '127.0.0.1'.)"),
    ],
)


@BOTH
@IMPOSTORS
def test_who_bears_no_certificate_that_counts_gets_nothing(
    hospital: Authority,
    elsewhere: Authority,
    *,
    known: Handshake,
    capture: Path,
    version: ssl.TLSVersion,
    impostor: Impostor,
    because: str,
) -> None:
    papers = replace(impostor(hospital, elsewhere), authorities=hospital.file)

    with running_pacs(tls=ours(papers)) as pacs:
        said = failure(capture, pacs.peer, only(known, version))

    assert said == f"made no TLS connection (TLS: certificate verify failed {because})"
    assert pacs.received == []


@IMPOSTORS
def test_a_context_that_checks_nobody_would_deliver_to_them(
    hospital: Authority,
    elsewhere: Authority,
    *,
    known: Handshake,
    capture: Path,
    impostor: Impostor,
    because: str,
) -> None:
    del because
    papers = replace(impostor(hospital, elsewhere), authorities=hospital.file)

    with running_pacs(tls=ours(papers)) as pacs:
        assert send(capture, pacs.peer, unchecked(known)) == "0x0000"


def test_a_certificate_of_another_name_counts_where_that_name_is_set(
    hospital: Authority, capture: Path
) -> None:
    named = outward(hospital.papers("TRIAGE"), "pacs.hospital.example")

    with running_pacs(tls=ours(hospital.papers("pacs.hospital.example"))) as pacs:
        assert send(capture, pacs.peer, named) == "0x0000"


@BOTH
def test_a_pacs_that_does_not_trust_our_certificate_is_told_as_that(
    hospital: Authority, elsewhere: Authority, capture: Path, version: ssl.TLSVersion
) -> None:
    papers = replace(elsewhere.papers("TRIAGE"), authorities=hospital.file)

    with running_pacs(tls=ours(hospital.papers())) as pacs:
        said = failure(capture, pacs.peer, only(outward(papers), version))

    assert said == "made no TLS connection (TLS: tlsv1 alert unknown ca)"


@BOTH
def test_a_pacs_that_demands_a_certificate_gets_ours_and_would_refuse_none(
    hospital: Authority, capture: Path, version: ssl.TLSVersion
) -> None:
    bare = Handshake(ssl.create_default_context(cafile=hospital.file), "127.0.0.1")

    with running_pacs(tls=ours(hospital.papers())) as pacs:
        said = failure(capture, pacs.peer, only(bare, version))

    assert said.startswith("made no TLS connection (TLS: ")
    assert pacs.received == []


def test_a_pacs_that_demands_no_certificate_is_delivered_to(
    hospital: Authority, known: Handshake, capture: Path
) -> None:
    lax = ours(hospital.papers())
    lax.verify_mode = ssl.CERT_NONE

    with running_pacs(tls=lax) as pacs:
        assert send(capture, pacs.peer, known) == "0x0000"


def test_a_pacs_of_tls_1_1_is_refused(hospital: Authority, known: Handshake, capture: Path) -> None:
    old = antiquated(ours(hospital.papers()), OLD)
    with pytest.deprecated_call():
        old.maximum_version = OLD

    with running_pacs(tls=old) as pacs:
        said = failure(capture, pacs.peer, known)

    assert said in {
        "made no TLS connection (TLS: unsupported protocol)",
        "made no TLS connection (TLS: tlsv1 alert protocol version)",
    }


def plain(talk: Talk) -> None:
    talk.connection.recv(4096)
    talk.abort()


def test_a_plain_pacs_is_told_from_one_that_is_away(known: Handshake, capture: Path) -> None:
    with scripted_pacs(plain) as pacs:
        said = failure(capture, pacs.peer, known)

    assert said == "made no TLS connection (TLS: wrong version number)"


@needs("storescp")
def test_a_plain_storescp_gets_nothing(known: Handshake, capture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "received"
    folder.mkdir()

    with running_storescp(folder) as peer:
        said = failure(capture, peer, known, timeout_s=2.0)

    assert said in {
        "made no TLS connection (TLS: wrong version number)",
        "made no TLS connection (closed in the handshake)",
        "did not answer in time (TLS handshake)",
    }
    assert [*folder.iterdir()] == []


def test_a_pacs_that_speaks_tls_gets_nothing_in_the_clear(
    hospital: Authority, capture: Path
) -> None:
    with running_pacs(tls=ours(hospital.papers())) as pacs:
        said = failure(capture, pacs.peer, None)

    assert said in {
        "made no TLS connection (it speaks TLS, and plain DICOM was tried)",
        "closed the connection",
        "closed the connection (Connection reset by peer)",
    }
    assert pacs.received == []


def environment_of(papers: Papers, **more: str) -> dict[str, str]:
    return {
        "TRIAGE_TLS__CERTIFICATE": str(papers.certificate),
        "TRIAGE_TLS__KEY": str(papers.key),
        "TRIAGE_TLS__AUTHORITIES": str(papers.authorities),
        **more,
    }


@pytest.mark.parametrize(
    ("tls", "state"), [("true", DeliveryState.SENT_UNPROVEN), ("false", DeliveryState.WAITING)]
)
def test_the_courier_speaks_tls_where_the_settings_say_so(
    hospital: Authority,
    *,
    database: Engine,
    database_url: str,
    tmp_path: Path,
    tls: str,
    state: str,
) -> None:
    given = environment_of(hospital.papers("TRIAGE"), TRIAGE_DATABASE__URL=database_url)
    given |= {"TRIAGE_DATA__FOLDER": str(tmp_path), "TRIAGE_PACS__TLS": tls}
    stop = threading.Event()
    with running_pacs(tls=ours(hospital.papers())) as pacs, ThreadPoolExecutor(1) as pool:
        settings = load_settings(
            None, environment={**given, "TRIAGE_PACS__PORT": str(pacs.peer.port)}
        )
        post(database, Spool(tmp_path / "results"), "2.25.1", peer=pacs.peer)
        ended = pool.submit(run, settings, stop=stop, ready=lambda _: None)
        wait_until(lambda: settled(database, state))
        stop.set()
        ended.result(PATIENT_S)


def settled(database: Engine, state: str) -> bool:
    """Tell whether the one delivery was tried, and stands so."""
    with database.begin() as connection:
        table = schema.delivery.c
        row = connection.execute(select(table.state, table.reason)).one()
    return row.state == state and row.reason is not None


@pytest.mark.parametrize(("tls", "kind"), [("true", "end"), ("false", "accept")])
def test_a_listener_stays_plain_where_the_pacs_alone_speaks_tls(
    hospital: Authority, tmp_path: Path, tls: str, kind: str
) -> None:
    given = environment_of(hospital.papers(), TRIAGE_LISTENER__TLS=tls)
    settings = load_settings(None, environment={**given, "TRIAGE_DATA__FOLDER": str(tmp_path)})
    keeper = MemoryKeeper()
    scp = storage_scp(settings, keeper, listening=listen_on("127.0.0.1", 0), reports=Deaf())
    with RawClient(scp.port) as client, suppress(ConnectionError):
        answer = client.associate().kind
    close_meanwhile(lambda: scp.stop(grace_s=1.0))

    assert answer == kind


class Deaf:
    """Takes no report."""

    def take(
        self, encoded: bytes, *, transfer_syntax_uid: str, event_type: int, ae_title: str
    ) -> int:
        del encoded, transfer_syntax_uid, event_type, ae_title
        return 0x0110


def mute(talk: Talk) -> None:
    talk.hang()


def relayed_slowly(server: int) -> Callable[[Talk], None]:
    """Hand on what a TLS server says, a byte now and then."""

    def script(talk: Talk) -> None:
        with socket.create_connection(("127.0.0.1", server)) as there:
            threading.Thread(target=_hand_on, args=(talk, there), daemon=True).start()
            while part := there.recv(4096):
                talk.trickle(part, every_s=SHORT_S / 500)

    return script


def _hand_on(talk: Talk, there: socket.socket) -> None:
    with suppress(OSError):
        while part := talk.connection.recv(4096):
            there.sendall(part)
        there.shutdown(socket.SHUT_WR)


def test_a_pacs_that_says_nothing_in_the_handshake_is_given_up_at_the_deadline(
    known: Handshake, capture: Path
) -> None:
    with scripted_pacs(mute) as pacs:
        began = monotonic()
        said = failure(capture, pacs.peer, known, timeout_s=SHORT_S)

    assert said == "did not answer in time (TLS handshake)"
    assert monotonic() - began < SHORT_S * 4


@pytest.mark.parametrize(
    ("timeout_s", "said"), [(SHORT_S, "did not answer in time (TLS handshake)"), (60.0, "0x0000")]
)
def test_a_handshake_byte_by_byte_has_one_deadline(
    hospital: Authority, known: Handshake, capture: Path, *, timeout_s: float, said: str
) -> None:
    with (
        scripted_pacs(obliging, tls=ours(hospital.papers())) as pacs,
        scripted_pacs(relayed_slowly(pacs.peer.port)) as slow,
    ):
        try:
            answer = send(capture, slow.peer, known, timeout_s=timeout_s)
        except DeliveryPostponed as postponed:
            answer = str(postponed).removeprefix(f"{slow.peer} ")

    assert answer == said
