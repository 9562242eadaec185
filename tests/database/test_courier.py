"""The courier process' rounds: many deliveries, then proofs, on both engines."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.carrier import ToldCarrier
from tests.builders.courier import Hired, hired, post
from triage.daemon.courier import IN_A_ROW, wish_of, work
from triage.daemon.prover import Wish
from triage.domain.study import DeliveryState
from triage.settings import Pacs
from triage.spool import Spool


def busy(database: Engine, folder: Path, *, captures: int, stop: threading.Event) -> Hired:
    """Post captures, and work once."""
    carrier = ToldCarrier(query=True, there=lambda _: True)
    courier = hired(database, folder, carrier)
    uids = [f"2.25.{number}" for number in range(captures)]
    post(database, Spool(folder), *uids, peer=carrier.peer)
    work(courier.courier, courier.prover, stop=stop)
    return courier


def test_proofs_are_looked_for_after_many_deliveries(database: Engine, tmp_path: Path) -> None:
    courier = busy(database, tmp_path, captures=IN_A_ROW + 1, stop=threading.Event())

    states = courier.states()

    assert states.count(DeliveryState.WAITING) == 1


def test_who_is_told_to_stop_begins_no_delivery(database: Engine, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()

    courier = busy(database, tmp_path, captures=1, stop=stop)

    assert courier.states() == [DeliveryState.WAITING]


@pytest.mark.parametrize(
    ("proof", "commitment", "query"),
    [
        ("auto", True, True),
        ("commitment", True, False),
        ("query", False, True),
        ("none", False, False),
    ],
)
def test_the_settings_say_which_proofs_are_looked_for(
    proof: str, commitment: bool, query: bool
) -> None:
    pacs = Pacs.model_validate({"proof": proof, "proof_within_s": 60.0})

    assert wish_of(pacs) == Wish(commitment, query, timedelta(minutes=1))
