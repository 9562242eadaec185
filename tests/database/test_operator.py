"""What a person may do to a study, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from tests.builders.clock import Clock
from tests.builders.studies import (
    STUDY,
    claim,
    dead,
    delivery_states,
    film_states,
    finished,
    leased,
    parcel,
    posted,
    receipt,
    receive,
    state_of,
)
from triage.database import operator, outbox, queue, schema
from triage.database.moves import MoveRefused
from triage.database.operator import UnknownStudy
from triage.database.results import Parcel
from triage.domain.study import DeliveryState, FilmState, StudyState

PERSON = "operator:jane"


def requeue(connection: Connection, clock: Clock) -> str:
    return operator.requeue(connection, STUDY, now=clock.now, actor=PERSON)


def discard(connection: Connection, clock: Clock) -> str:
    return operator.discard(connection, STUDY, reason="not a chest", now=clock.now, actor=PERSON)


def parked(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    delivery = outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=timedelta(minutes=2)
    )
    assert delivery is not None
    outbox.park(connection, delivery, now=clock.now, courier="courier-1", reason="0x0122")


def test_a_dead_study_is_queued_again(connection: Connection, clock: Clock) -> None:
    dead(connection, now=clock.now)

    said = requeue(connection, clock)

    assert state_of(connection) == StudyState.QUEUED
    assert said == f"study {STUDY}: queued again, 0 parked deliveries freed"


def test_a_requeued_study_has_all_its_attempts_again(connection: Connection, clock: Clock) -> None:
    dead(connection, now=clock.now)

    requeue(connection, clock)

    assert claim(connection, now=clock.now).attempt == 1


def test_the_event_of_a_requeue_names_the_person(connection: Connection, clock: Clock) -> None:
    dead(connection, now=clock.now)

    requeue(connection, clock)

    latest = select(schema.event).order_by(schema.event.c.id.desc()).limit(1)
    row = connection.execute(latest).one()
    assert (row.actor, row.reason) == (PERSON, "requeued")


def test_a_parked_delivery_is_sent_again(connection: Connection, clock: Clock) -> None:
    parked(connection, clock)

    requeue(connection, clock)

    assert delivery_states(connection) == [DeliveryState.WAITING]
    assert state_of(connection) == StudyState.ASSESSED


def test_what_is_parked_for_a_destination_that_nobody_serves_stays(
    connection: Connection, clock: Clock
) -> None:
    parked(connection, clock)

    with pytest.raises(MoveRefused):
        operator.requeue(
            connection, STUDY, now=clock.now, actor=PERSON, serves=lambda peer: peer == "OTHER"
        )

    assert delivery_states(connection) == [DeliveryState.PARKED]


def test_a_freed_delivery_begins_at_its_first_attempt(connection: Connection, clock: Clock) -> None:
    parked(connection, clock)
    requeue(connection, clock)

    delivery = outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=timedelta(minutes=2)
    )

    assert delivery is not None
    assert delivery.attempt == 1


def test_a_capture_that_was_never_made_cannot_be_freed(
    connection: Connection, clock: Clock
) -> None:
    nameless = Parcel("PACS@127.0.0.1:4242", None, None, parked="identity: no PatientID")
    finished(connection, leased(connection, now=clock.now), nameless, now=clock.now)

    with pytest.raises(MoveRefused, match="nothing of it is parked"):
        requeue(connection, clock)


def test_an_unknown_study_is_not_requeued(connection: Connection, clock: Clock) -> None:
    with pytest.raises(UnknownStudy, match=STUDY):
        requeue(connection, clock)


def test_an_unknown_study_is_not_discarded(connection: Connection, clock: Clock) -> None:
    with pytest.raises(UnknownStudy, match=STUDY):
        discard(connection, clock)


def test_a_discarded_study_ends_not_assessed_with_the_reason(
    connection: Connection, clock: Clock
) -> None:
    dead(connection, now=clock.now)

    discard(connection, clock)

    row = connection.execute(select(schema.instance.c.code, schema.instance.c.sentence)).one()
    assert tuple(row) == ("discarded", "not a chest")
    assert state_of(connection) == StudyState.NOT_ASSESSED


def test_what_was_assessed_before_survives_a_discard(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    receive(connection, receipt("2.25.9"), now=clock.wait(1))
    lease = claim(connection, now=clock.now)
    queue.fail(connection, lease, reason="ValueError", now=clock.now, most_failures=1)

    discard(connection, clock)

    assert film_states(connection) == [FilmState.ASSESSED, FilmState.NOT_ASSESSED]
    assert state_of(connection) == StudyState.DONE


def test_a_discarded_study_still_waits_for_its_deliveries(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, parcel(), now=clock.now)
    receive(connection, receipt("2.25.9"), now=clock.wait(1))
    lease = claim(connection, now=clock.now)
    queue.fail(connection, lease, reason="ValueError", now=clock.now, most_failures=1)

    discard(connection, clock)

    assert state_of(connection) == StudyState.ASSESSED


@pytest.mark.parametrize("state", ["RECEIVING", "QUEUED", "ASSESSED", "DONE", "NOT_ASSESSED"])
def test_only_a_dead_study_is_discarded(connection: Connection, clock: Clock, state: str) -> None:
    receive(connection, receipt(), now=clock.now)
    connection.execute(update(schema.study).values(state=state))

    with pytest.raises(MoveRefused, match=f"is {state}"):
        discard(connection, clock)


@pytest.mark.parametrize("state", ["RECEIVING", "QUEUED", "ASSESSED", "DONE", "NOT_ASSESSED"])
def test_only_a_dead_or_parked_study_is_requeued(
    connection: Connection, clock: Clock, state: str
) -> None:
    receive(connection, receipt(), now=clock.now)
    connection.execute(update(schema.study).values(state=state))

    with pytest.raises(MoveRefused, match=f"is {state}"):
        requeue(connection, clock)
