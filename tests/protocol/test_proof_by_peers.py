"""Proof of storage from real peers, and from scripted ones that are late, or deny."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.courier import destination, hired, post
from tests.builders.keeper import MemoryKeeper
from tests.builders.orthanc import running_orthanc
from tests.builders.reported import told
from tests.builders.scripted import Script, Talk, scripted_pacs
from tests.builders.tools import needs
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.daemon.prover import FOUND, Wish
from triage.daemon.reports import Reports
from triage.database.proof import COMMITTED
from triage.domain.study import DeliveryState, Peer
from triage.send.commitment import PUSH_MODEL
from triage.send.message import C_STORE_RQ, N_ACTION_RQ
from triage.spool import Spool

CAPTURES = ("2.25.1", "2.25.2", "2.25.3")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@needs("Orthanc")
def test_orthanc_commits_on_a_new_association(
    database: Engine, results: Path, tmp_path: Path, keeper: MemoryKeeper
) -> None:
    with listening(keeper, reports=Reports(database)) as scp:
        folder = tmp_path / "orthanc"
        folder.mkdir()
        ours = Peer("TRIAGE", "127.0.0.1", scp.port)
        with running_orthanc(folder, ours) as orthanc:
            post(database, Spool(results), *CAPTURES, peer=orthanc.peer)
            courier = hired(database, results, destination(database, orthanc.peer))
            while courier.work():
                pass
            wait_until(lambda: set(courier.states()) == {DeliveryState.PROVEN}, within_s=20)
            courier.carrier.close()

    assert courier.ends() == [(DeliveryState.PROVEN, COMMITTED)] * 3


@needs("Orthanc")
def test_orthanc_is_queried_where_it_does_not_know_whom_to_report_to(
    database: Engine, results: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "orthanc"
    folder.mkdir()
    with running_orthanc(folder) as orthanc:
        post(database, Spool(results), *CAPTURES, peer=orthanc.peer)
        clock = Clock()
        clock.now = datetime.now(UTC) + timedelta(seconds=5)
        courier = hired(
            database, results, destination(database, orthanc.peer), clock=lambda _: clock.now
        )
        for _ in range(6):  # Orthanc aborts at each request, until it is asked no more
            courier.work()
            clock.wait(5)
        courier.carrier.close()

    assert courier.ends() == [(DeliveryState.PROVEN, FOUND)] * 3


def reporting(*, denied: int | None = None, transaction_uid: str | None = None) -> Script:
    """Script a PACS that reports in the association of the request."""

    def script(talk: Talk) -> None:
        talk.accept()
        while True:
            heard = talk.hear()
            if heard.field < 0x8000:
                talk.answer(heard, 0x0000)
            if heard.field == N_ACTION_RQ:
                talk.say(told(heard, denied=denied, transaction_uid=transaction_uid))

    return script


def deliver(database: Engine, results: Path, script: Script) -> list[str]:
    """Send one capture to a scripted PACS; return its end, and what was heard of stores."""
    with scripted_pacs(script) as pacs:
        post(database, Spool(results), "2.25.1", peer=pacs.peer)
        carrier = destination(database, pacs.peer)
        courier = hired(database, results, carrier, wish=Wish(query=False))
        while courier.work():
            pass
        carrier.attend(within_s=1.0)
        carrier.close()
        stores = len(pacs.heard(C_STORE_RQ))
    ((state, reason),) = courier.ends()
    return [state, str(reason), str(stores)]


def test_a_report_in_the_same_association_proves(database: Engine, results: Path) -> None:
    assert deliver(database, results, reporting()) == [DeliveryState.PROVEN, COMMITTED, "1"]


def test_a_success_that_was_not_archived_is_not_called_proven(
    database: Engine, results: Path
) -> None:
    state, reason, _ = deliver(database, results, reporting(denied=0x0112))

    assert (state, reason) == (
        DeliveryState.WAITING,
        "storage denied: 0x0112: no such object instance",
    )


def test_a_report_under_another_transaction_proves_nothing(database: Engine, results: Path) -> None:
    state, *_ = deliver(database, results, reporting(transaction_uid="2.25.666"))

    assert state == DeliveryState.SENT


def test_a_courier_that_takes_success_for_proof_would_be_noticed(
    database: Engine, results: Path
) -> None:
    def silent(talk: Talk) -> None:
        talk.accept(lambda abstract, proposed: None if abstract == PUSH_MODEL else proposed[0])
        talk.serve(lambda _: 0x0000)

    state, reason, _ = deliver(database, results, silent)

    assert (state, reason) == (
        DeliveryState.SENT_UNPROVEN,
        "the destination offers no proof of storage",
    )
