"""The prover: which proof it looks for, and what it makes of the answers."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from tests.builders.carrier import ToldCarrier
from tests.builders.clock import Clock
from tests.builders.studies import TTL, delivery_states, parcel, posted, state_of
from triage.daemon.breaker import Breaker
from triage.daemon.prover import FOUND, Prover, Wish
from triage.database import outbox, proof, schema
from triage.domain.commitment import StorageReport
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import DeliveryState, StudyState
from triage.spool import Spool

Hire = Callable[..., Prover]


@pytest.fixture
def hire(database: Engine, tmp_path: Path, clock: Clock) -> Hire:
    """Send one capture, and make provers for it."""
    with database.begin() as connection:
        posted(connection, parcel("2.25.1"), now=clock.now)
        delivery = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
        assert delivery is not None
        outbox.mark_sent(
            connection, delivery, now=clock.now, courier="courier-1", answer="0x0000", unproven=None
        )
    results = Spool(tmp_path / "results")

    def prover(carrier: ToldCarrier, *, wish: Wish | None = None) -> Prover:
        return Prover(
            database,
            results,
            carrier=carrier,
            name="courier-1",
            wish=wish or Wish(),
            breaker=Breaker(chance=lambda: 0.0),
            clock=lambda _: clock.now,
        )

    return prover


def end_of(database: Engine) -> tuple[str, str | None]:
    with database.begin() as connection:
        reason = connection.scalar(select(schema.delivery.c.reason))
        return delivery_states(connection)[0], reason


def prove(prover: Prover) -> None:
    """Go on until nothing is due."""
    while prover.prove_some():
        pass


def test_a_commitment_is_asked_for_where_it_is_offered(hire: Hire, database: Engine) -> None:
    carrier = ToldCarrier(commitment=True, query=True)

    prove(hire(carrier))

    (files,) = carrier.transactions.values()
    assert [file.stem for file in files] == [parcel("2.25.1").digest]
    assert carrier.asked_for == []
    assert end_of(database)[0] == DeliveryState.SENT


def test_a_report_that_comes_before_the_response_counts(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    def report(transaction_uid: str) -> int:
        with database.begin() as connection:
            told = StorageReport(transaction_uid, ("2.25.1",), {})
            proof.record_report(connection, told, ae_title="PACS", now=clock.now)
        return 0x0000

    prove(hire(ToldCarrier(commitment=True, agrees=report)))

    assert end_of(database) == (DeliveryState.PROVEN, proof.COMMITTED)


@pytest.mark.parametrize(
    ("there", "end"),
    [(True, DeliveryState.PROVEN), (None, DeliveryState.SENT_UNPROVEN)],
)
def test_a_refused_request_falls_back_to_the_query(
    hire: Hire, database: Engine, there: bool | None, end: DeliveryState
) -> None:
    refusing = ToldCarrier(
        commitment=True, query=True, agrees=lambda _: 0x0110, there=lambda _: there
    )

    prove(hire(refusing))

    assert end_of(database)[0] == end


@pytest.mark.parametrize(
    ("there", "end"),
    [
        (True, DeliveryState.PROVEN),
        (False, DeliveryState.SENT_UNPROVEN),
        (None, DeliveryState.SENT_UNPROVEN),
    ],
)
def test_at_its_deadline_a_commitment_that_did_not_come_is_replaced_by_the_query(
    hire: Hire, database: Engine, clock: Clock, there: bool | None, end: DeliveryState
) -> None:
    prover = hire(ToldCarrier(commitment=True, query=True, there=lambda _: there))
    prove(prover)
    before = end_of(database)[0]

    clock.wait(3600)
    prove(prover)

    assert (before, end_of(database)[0]) == (DeliveryState.SENT, end)
    with database.begin() as connection:
        assert state_of(connection) == StudyState.DONE


def test_a_destination_that_never_reports_is_queried_after_ten_seconds(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    carrier = ToldCarrier(commitment=True, query=True, there=lambda _: True)
    prover = hire(carrier)
    prove(prover)
    clock.wait(9)
    prove(prover)
    before = list(carrier.asked_for)

    clock.wait(1)
    prove(prover)

    assert (before, end_of(database)) == ([], (DeliveryState.PROVEN, FOUND))


@pytest.mark.parametrize(("there", "looks"), [(False, 10), (None, 2)])
def test_what_is_not_found_waits_for_its_report_to_the_end(
    hire: Hire, database: Engine, clock: Clock, there: bool | None, looks: int
) -> None:
    carrier = ToldCarrier(commitment=True, query=True, there=lambda _: there)
    prover = hire(carrier)

    for _ in range(360):
        prove(prover)
        assert end_of(database)[0] == DeliveryState.SENT
        clock.wait(10)
    prove(prover)

    assert end_of(database)[0] == DeliveryState.SENT_UNPROVEN
    assert len(carrier.asked_for) == looks  # growing pauses, or once and at the end


def test_a_destination_that_offers_no_query_is_not_asked_before_the_end(
    hire: Hire, clock: Clock
) -> None:
    carrier = ToldCarrier(commitment=True)
    prover = hire(carrier)
    prove(prover)

    clock.wait(3599)
    prove(prover)

    assert carrier.asked_for == []


def test_a_capture_that_is_found_is_proven(hire: Hire, database: Engine) -> None:
    prove(hire(ToldCarrier(query=True, there=lambda _: True)))

    assert end_of(database) == (DeliveryState.PROVEN, FOUND)


def test_a_capture_that_is_indexed_late_is_looked_for_with_growing_pauses(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    begin = clock.now
    carrier = ToldCarrier(query=True, there=lambda _: clock.now > begin + timedelta(seconds=50))
    prover = hire(carrier)

    for _ in range(120):
        prove(prover)
        clock.wait(1)

    assert end_of(database) == (DeliveryState.PROVEN, FOUND)
    assert len(carrier.asked_for) == 8  # after 0, 1, 2, 4, 8, 16, 32 and 64 s


def test_a_capture_that_is_never_found_ends_unproven(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    prover = hire(ToldCarrier(query=True, there=lambda _: False))

    for _ in range(30):
        prove(prover)
        clock.wait(60)

    assert end_of(database) == (DeliveryState.SENT_UNPROVEN, "C-FIND did not find it")


def test_where_neither_is_offered_it_ends_unproven_at_once(hire: Hire, database: Engine) -> None:
    prove(hire(ToldCarrier()))

    assert end_of(database)[0] == DeliveryState.SENT_UNPROVEN


def test_who_wants_no_query_gets_none(hire: Hire, database: Engine) -> None:
    carrier = ToldCarrier(query=True, there=lambda _: True)

    prove(hire(carrier, wish=Wish(query=False)))

    assert carrier.asked_for == []
    assert end_of(database)[0] == DeliveryState.SENT_UNPROVEN


def test_who_wants_a_commitment_alone_takes_no_query_for_it(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    carrier = ToldCarrier(commitment=True, query=True, there=lambda _: True)
    prover = hire(carrier, wish=Wish(query=False))
    prove(prover)

    clock.wait(3600)
    prove(prover)

    assert carrier.asked_for == []
    assert end_of(database) == (DeliveryState.SENT_UNPROVEN, "no storage commitment came")


def test_a_destination_that_goes_away_meanwhile_is_asked_later(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    away = [True]

    def agree(_: str) -> int:
        if away:
            raise DeliveryPostponed("PACS closed the connection", reached=False)
        return 0x0000

    carrier = ToldCarrier(commitment=True, agrees=agree)
    prover = hire(carrier)
    first, held = prover.prove_some(), prover.prove_some()
    away.clear()
    clock.wait(1)

    assert (first, held, prover.prove_some()) == (False, False, True)
    assert len(carrier.transactions) == 2
    with database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.commitment)) == 2


def test_an_object_that_has_gone_ends_unproven(hire: Hire, database: Engine) -> None:
    def gone(_: Path) -> bool:
        raise DeliveryParked("the stored object cannot be read: FileNotFoundError")

    prove(hire(ToldCarrier(query=True, there=gone)))

    assert end_of(database)[0] == DeliveryState.SENT_UNPROVEN
