"""The courier: what it does with each answer."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from tests.builders.studies import delivery_states, parcel, posted, state_of
from triage.daemon.courier import Courier
from triage.database import outbox, schema
from triage.database.engine import database_time
from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import DeliveryState, StudyState
from triage.spool import Spool

TTL = timedelta(minutes=2)

Hire = Callable[[Callable[[Path], str]], Courier]


@pytest.fixture
def hire(database: Engine, tmp_path: Path) -> Hire:
    """Post one capture, and make couriers who send it."""
    with database.begin() as connection:
        posted(connection, now=database_time(connection))
    results = Spool(tmp_path / "results")
    return lambda send: Courier(database, results, name="courier-1", send=send, ttl=TTL)


def states(database: Engine) -> tuple[list[str], str]:
    with database.begin() as connection:
        return delivery_states(connection), state_of(connection)


def postpone(_: Path) -> str:
    raise DeliveryPostponed("PACS cannot be reached")


def park(_: Path) -> str:
    raise DeliveryParked("PACS answered 0x0122")


def test_a_delivered_capture_ends_its_study(hire: Hire, database: Engine) -> None:
    delivered = hire(lambda _: "0x0000").deliver_one()

    assert delivered
    assert states(database) == ([DeliveryState.SENT_UNPROVEN], StudyState.DONE)


def test_the_courier_sends_the_file_that_its_digest_names(hire: Hire) -> None:
    sent: list[str] = []

    hire(lambda file: sent.append(file.stem) or "0x0000").deliver_one()  # type: ignore[func-returns-value]  # None, as it should be

    assert sent == [parcel().digest]


def test_a_postponed_capture_waits_for_its_next_time(hire: Hire, database: Engine) -> None:
    courier = hire(postpone)

    courier.deliver_one()

    assert not courier.deliver_one()
    assert states(database) == ([DeliveryState.WAITING], StudyState.ASSESSED)


def test_a_pacs_that_is_away_for_days_does_not_end_the_courier(
    hire: Hire, database: Engine
) -> None:
    with database.begin() as connection:
        connection.execute(update(schema.delivery).values(attempts=5000))

    hire(postpone).deliver_one()

    assert states(database) == ([DeliveryState.WAITING], StudyState.ASSESSED)


def test_a_parked_capture_ends_its_study(hire: Hire, database: Engine) -> None:
    hire(park).deliver_one()

    assert states(database) == ([DeliveryState.PARKED], StudyState.DONE)


@pytest.mark.parametrize("answer", [lambda _: "0x0000", postpone, park])
def test_a_delivery_that_another_took_over_ends_no_courier(
    hire: Hire, database: Engine, answer: Callable[[Path], str]
) -> None:
    def late(file: Path) -> str:
        with database.begin() as connection:
            later = database_time(connection) + TTL
            taken = outbox.claim_delivery(connection, courier="other", now=later, ttl=TTL)
            assert taken is not None
            outbox.mark_sent(connection, taken, now=later, courier="other", answer="0x0000")
        return answer(file)

    hire(late).deliver_one()

    assert states(database) == ([DeliveryState.SENT_UNPROVEN], StudyState.DONE)


def test_a_restarted_courier_takes_over_at_once(hire: Hire, database: Engine) -> None:
    with database.begin() as connection:
        now = database_time(connection)
        outbox.claim_delivery(connection, courier="courier-1", now=now, ttl=TTL)
    courier = hire(lambda _: "0x0000")

    courier.take_over()

    assert courier.deliver_one()


def test_an_empty_outbox_keeps_nobody_busy(hire: Hire, database: Engine) -> None:
    courier = hire(lambda _: "0x0000")
    courier.deliver_one()

    assert not courier.deliver_one()
    with database.begin() as connection:
        assert connection.scalar(select(schema.delivery.c.attempts)) == 1
