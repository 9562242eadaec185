"""A destination with its kept association: scripted peers, Orthanc, and DCMTK."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pynetdicom.dsutils import decode

from tests.builders.dataset import CR, IMPLICIT, encoded, film_dataset, part10
from tests.builders.free_port import free_port
from tests.builders.orthanc import running_orthanc
from tests.builders.pacs import running_pacs
from tests.builders.pdus import RELEASE
from tests.builders.scripted import ScriptedPacs, Talk, scripted_pacs
from tests.builders.studies import EXPLICIT, FILM
from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Peer
from triage.send.association import Association
from triage.send.destination import Destination
from triage.send.message import C_STORE_RQ, N_ACTION_RQ
from triage.send.pdu import Proposal
from triage.send.scu import store
from triage.send.stored import stored_object


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return part10(tmp_path, encoded(film_dataset()))


def destination(peer: Peer, *, timeout_s: float = 5.0, keep_s: float = 30.0) -> Destination:
    return Destination(peer, calling_ae_title="TRIAGE", timeout_s=timeout_s, keep_s=keep_s)


def obliging(talk: Talk) -> None:
    talk.accept()
    talk.serve(lambda _: 0x0000)


def test_one_association_serves_many_deliveries(capture: Path) -> None:
    with scripted_pacs(obliging) as pacs:
        there = destination(pacs.peer)
        answers = [there.store(capture) for _ in range(5)]
        there.close()

    assert answers == ["0x0000"] * 5
    assert len(pacs.talks) == 1


def test_a_peer_that_released_meanwhile_is_associated_with_anew(capture: Path) -> None:
    def tired(talk: Talk) -> None:
        talk.accept()
        heard = talk.hear()
        talk.answer(heard, 0x0000)
        talk.say(RELEASE)
        talk.hang()

    with scripted_pacs(tired, obliging) as pacs:
        there = destination(pacs.peer)
        there.store(capture)
        there.attend(within_s=5.0)
        answer = there.store(capture)
        there.close()

    assert (answer, len(pacs.talks)) == ("0x0000", 2)


def test_an_association_that_rests_too_long_is_released(capture: Path) -> None:
    released: list[bool] = []

    def script(talk: Talk) -> None:
        obliging(talk)
        released.append(True)

    with scripted_pacs(script) as pacs:
        there = destination(pacs.peer, keep_s=0.0)
        there.store(capture)
        there.attend()
        wait_until(lambda: released)


@contextmanager
def accepting(*syntaxes: str) -> Iterator[ScriptedPacs]:
    """Run a PACS that takes storage in these syntaxes alone, and nothing else."""

    def script(talk: Talk) -> None:
        talk.accept(
            lambda abstract, proposed: (
                proposed[0] if abstract == CR and proposed[0] in syntaxes else None
            )
        )
        talk.serve(lambda _: 0x0000)

    with scripted_pacs(script) as pacs:
        yield pacs


def test_the_files_own_bytes_are_sent_where_its_syntax_is_accepted(capture: Path) -> None:
    with accepting(EXPLICIT, IMPLICIT) as pacs:
        destination(pacs.peer).store(capture)

    (heard,) = pacs.heard(C_STORE_RQ)
    assert heard.data_set == encoded(film_dataset())


def test_else_it_falls_back_to_implicit_vr(capture: Path) -> None:
    with accepting(IMPLICIT) as pacs:
        destination(pacs.peer).store(capture)

    (heard,) = pacs.heard(C_STORE_RQ)
    sent = decode(BytesIO(heard.data_set), is_implicit_vr=True, is_little_endian=True)
    assert sent == film_dataset()


def test_a_peer_that_accepts_neither_is_named_with_what_was_proposed(capture: Path) -> None:
    with accepting() as pacs, pytest.raises(DeliveryParked) as parked:
        destination(pacs.peer).store(capture)

    assert f"accepts no presentation context for {CR} in {EXPLICIT} or {IMPLICIT}" in str(
        parked.value
    )


def test_a_sender_without_a_fall_back_would_be_noticed(capture: Path) -> None:
    with accepting(IMPLICIT) as pacs:
        association = Association(
            pacs.peer,
            calling_ae_title="TRIAGE",
            proposals=[Proposal(CR, (EXPLICIT,))],
            timeout_s=5.0,
        )

        with pytest.raises(DeliveryParked, match="accepts no presentation context"):
            store(association, stored_object(capture), peer=pacs.peer)


def test_a_request_for_commitment_names_what_was_stored(capture: Path) -> None:
    with scripted_pacs(obliging) as pacs:
        there = destination(pacs.peer)
        status = there.request_commitment("2.25.9", [capture])

    (heard,) = pacs.heard(N_ACTION_RQ)
    told = decode(BytesIO(heard.data_set), is_implicit_vr=False, is_little_endian=True)
    assert (status, told.TransactionUID) == (0x0000, "2.25.9")
    assert [item.ReferencedSOPInstanceUID for item in told.ReferencedSOPSequence] == [FILM]


def test_a_stock_storage_scp_offers_neither_proof(capture: Path) -> None:
    with running_pacs() as pacs:
        there = destination(pacs.peer)
        answer = there.store(capture)

        assert (answer, there.offers_query(), there.offers_commitment()) == ("0x0000", False, False)
        there.close()


@needs("Orthanc")
def test_orthanc_stores_and_is_asked(capture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "orthanc"
    folder.mkdir()
    with running_orthanc(folder) as orthanc:
        there = destination(orthanc.peer)
        before = there.has(capture)
        answer = there.store(capture)
        after = there.has(capture)
        there.close()

    assert (before, answer, after) == (False, "0x0000", True)


@contextmanager
def storescp(folder: Path) -> Iterator[Peer]:
    """Run DCMTK's storescp as it comes."""
    port = free_port()
    with subprocess.Popen(
        ["storescp", "-od", str(folder), str(port)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        peer = Peer("STORESCP", "127.0.0.1", port)
        wait_until(lambda: _listens(peer))
        yield peer
        process.terminate()


@contextmanager
def dcmqrscp(folder: Path) -> Iterator[Peer]:
    """Run DCMTK's dcmqrscp with one storage area."""
    port = free_port()
    (folder / "db").mkdir()
    (folder / "qr.cfg").write_text(
        f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
        "HostTable BEGIN\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\nQRSCP {folder / 'db'} RW (200, 1024mb) ANY\nAETable END\n"
    )
    with subprocess.Popen(
        ["dcmqrscp", "-c", str(folder / "qr.cfg")],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        peer = Peer("QRSCP", "127.0.0.1", port)
        wait_until(lambda: _listens(peer))
        yield peer
        process.terminate()


def _listens(peer: Peer) -> bool:
    try:
        destination(peer, timeout_s=1.0).offers_query()
    except DeliveryPostponed:
        return False
    return True


@needs("storescp")
def test_dcmtks_storescp_keeps_the_bytes(capture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stored"
    folder.mkdir()
    with storescp(folder) as peer:
        there = destination(peer)
        answers = [there.store(capture) for _ in range(3)]
        there.close()

    (kept,) = folder.iterdir()
    assert answers == ["0x0000"] * 3
    assert dcmread(kept) == film_dataset()


@needs("dcmqrscp")
def test_dcmtks_dcmqrscp_stores_and_is_asked(capture: Path, tmp_path: Path) -> None:
    with dcmqrscp(tmp_path) as peer:
        there = destination(peer)
        found = (there.has(capture), there.store(capture), there.has(capture))
        there.close()

    assert found == (False, "0x0000", True)
