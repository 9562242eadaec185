"""The prover: which proof it looks for, and what it makes of the answers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from tests.builders.carrier import ToldCarrier
from tests.builders.clock import Clock
from tests.builders.studies import TTL, delivery_states, parcel, posted, state_of
from triage.daemon.breaker import Breaker
from triage.daemon.prover import FOUND, NO_COMMITMENT, Prover, Wish
from triage.database import outbox, proof, schema
from triage.domain.commitment import StorageReport
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import DeliveryState, Proof, Sent, StudyState
from triage.spool import Spool

Hire = Callable[..., Prover]


@pytest.fixture
def captures() -> list[str]:
    """What is sent; one, unless a test says otherwise."""
    return ["2.25.1"]


@pytest.fixture
def hire(database: Engine, tmp_path: Path, clock: Clock, captures: list[str]) -> Hire:
    """Send captures, and make provers for them."""
    with database.begin() as connection:
        posted(connection, *map(parcel, captures), now=clock.now)
        for _ in captures:
            sent = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
            assert sent is not None
            outbox.mark_sent(
                connection, sent, now=clock.now, courier="courier-1", answer="0x0000", unproven=None
            )
    results = Spool(tmp_path / "results")

    def prover(
        carrier: ToldCarrier, *, wish: Wish | None = None, kind: type[Prover] = Prover
    ) -> Prover:
        return kind(
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
def test_a_request_that_is_refused_for_good_falls_back_to_the_query(
    hire: Hire, database: Engine, there: bool | None, end: DeliveryState
) -> None:
    refusing = ToldCarrier(
        commitment=True, query=True, agrees=lambda _: 0x0122, there=lambda _: there
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


def test_who_wants_a_commitment_alone_is_told_that_it_was_refused(
    hire: Hire, database: Engine
) -> None:
    refusing = ToldCarrier(commitment=True, query=True, agrees=lambda _: 0x0122)

    prove(hire(refusing, wish=Wish(query=False)))

    assert refusing.asked_for == []
    assert end_of(database) == (DeliveryState.SENT_UNPROVEN, NO_COMMITMENT)


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


class Once(Prover):
    """Requests each commitment once."""

    def _look(self, capture: Sent, *, now: datetime, until: datetime | None) -> None:
        if capture.proof is None:
            self._wait_for([capture], Proof.QUERY)
        else:
            super()._look(capture, now=now, until=until)


def requests_where(
    hire: Hire, clock: Clock, *statuses: int, kind: type[Prover] = Prover, seconds: int = 3900
) -> int:
    """Answer requests so, the last status for ever; return how many were made meanwhile."""
    answers = iter(statuses)
    carrier = ToldCarrier(commitment=True, agrees=lambda _: next(answers, statuses[-1]))
    prover = hire(carrier, kind=kind)
    for _ in range(seconds):
        prove(prover)
        clock.wait(1)
    return len(carrier.transactions)


def test_a_request_that_is_refused_for_a_moment_is_made_again(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    made = requests_where(hire, clock, 0x0213, 0x0110, 0x0000, seconds=60)

    assert (made, end_of(database)[0]) == (3, DeliveryState.SENT)


def test_a_request_that_is_always_refused_is_given_up_at_the_deadline(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    within = requests_where(hire, clock, 0x0213, seconds=3600), end_of(database)[0]
    prove(hire(ToldCarrier(commitment=True, agrees=lambda _: 0x0213)))

    assert within == (13, DeliveryState.SENT)  # after 0, 1, 2, 4, ... 2048 s


def test_who_requests_once_would_be_noticed(hire: Hire, database: Engine, clock: Clock) -> None:
    made = requests_where(hire, clock, 0x0213, 0x0000, kind=Once, seconds=60)

    assert (made, end_of(database)[0]) == (1, DeliveryState.SENT_UNPROVEN)


def refused_for(clock: Clock, seconds: float, *, reached: bool = True) -> Callable[[Path], bool]:
    """Refuse every query for so long, or be away; have it two minutes later."""
    end = clock.now + timedelta(seconds=seconds)

    def there(_: Path) -> bool:
        if clock.now < end:
            raise DeliveryPostponed("PACS answered 0xa700 to C-FIND", reached=reached)
        return clock.now >= end + timedelta(seconds=120)

    return there


class Hasty(Prover):
    """Takes a refused query for none that is offered."""

    def _has(self, capture: Sent) -> tuple[bool | None, str]:
        there, why = super()._has(capture)
        return there or None, why


@pytest.mark.parametrize(
    ("kind", "end"), [(Prover, DeliveryState.PROVEN), (Hasty, DeliveryState.SENT_UNPROVEN)]
)
def test_a_query_that_is_refused_for_a_moment_is_repeated(
    hire: Hire, database: Engine, clock: Clock, kind: type[Prover], end: DeliveryState
) -> None:
    prover = hire(ToldCarrier(query=True, there=refused_for(clock, 20)), kind=kind)

    for _ in range(60):
        prove(prover)
        clock.wait(10)

    assert end_of(database)[0] == end


def test_a_query_that_is_always_refused_is_given_up_at_the_deadline(
    hire: Hire, database: Engine, clock: Clock
) -> None:
    prover = hire(ToldCarrier(query=True, there=refused_for(clock, 9000)))

    for _ in range(60):
        prove(prover)
        assert end_of(database)[0] == DeliveryState.SENT
        clock.wait(10)
    prove(prover)

    refusal = "PACS answered 0xa700 to C-FIND"
    assert end_of(database) == (DeliveryState.SENT_UNPROVEN, refusal)


class CountsFromTheStore(Prover):
    """Looks how long ago a capture was stored."""

    def _look(self, capture: Sent, *, now: datetime, until: datetime | None) -> None:
        del until
        super()._look(capture, now=now, until=capture.sent_at + timedelta(minutes=10))


@pytest.mark.parametrize(
    ("kind", "end"),
    [(Prover, DeliveryState.PROVEN), (CountsFromTheStore, DeliveryState.SENT_UNPROVEN)],
)
def test_who_was_away_for_hours_gets_the_whole_time_for_a_query(
    hire: Hire, database: Engine, clock: Clock, kind: type[Prover], end: DeliveryState
) -> None:
    prover = hire(ToldCarrier(query=True, there=refused_for(clock, 7200, reached=False)), kind=kind)

    for _ in range(790):
        prove(prover)
        clock.wait(10)

    assert end_of(database)[0] == end


@pytest.mark.parametrize(
    ("kind", "end"),
    [(Prover, DeliveryState.SENT), (CountsFromTheStore, DeliveryState.SENT_UNPROVEN)],
)
def test_a_report_is_waited_for_as_long_as_its_request_says(
    hire: Hire, database: Engine, clock: Clock, kind: type[Prover], end: DeliveryState
) -> None:
    back = clock.now + timedelta(hours=2)

    def agree(_: str) -> int:
        if clock.now < back:
            raise DeliveryPostponed("PACS closed the connection", reached=False)
        return 0x0000

    prover = hire(ToldCarrier(commitment=True, query=True, agrees=agree), kind=kind)
    for _ in range(720 + 359):
        prove(prover)
        clock.wait(10)

    assert end_of(database)[0] == end


@pytest.mark.parametrize("captures", [["2.25.1", "2.25.2", "2.25.3"]])
def test_an_object_that_has_gone_keeps_no_other_from_its_commitment(
    hire: Hire, database: Engine
) -> None:
    gone = parcel("2.25.2").digest

    def look(file: Path) -> bool:
        if file.stem == gone:
            raise DeliveryParked("the stored object cannot be read: FileNotFoundError")
        return False

    def agree(transaction_uid: str) -> int:
        [look(file) for file in carrier.transactions[transaction_uid]]
        return 0x0000

    carrier = ToldCarrier(commitment=True, query=True, agrees=agree, there=look)
    prove(hire(carrier))

    with database.begin() as connection:
        states = delivery_states(connection)
    assert sorted(states) == [DeliveryState.SENT, DeliveryState.SENT, DeliveryState.SENT_UNPROVEN]


def test_an_object_that_has_gone_ends_unproven(hire: Hire, database: Engine) -> None:
    def gone(_: Path) -> bool:
        raise DeliveryParked("the stored object cannot be read: FileNotFoundError")

    prove(hire(ToldCarrier(query=True, there=gone)))

    assert end_of(database)[0] == DeliveryState.SENT_UNPROVEN
