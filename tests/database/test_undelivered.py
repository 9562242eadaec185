"""What has not arrived, by destination, and what a person gives up, on both engines."""

import pytest
from sqlalchemy import Connection, select

from tests.builders.clock import Clock
from tests.builders.studies import (
    PACS,
    TTL,
    delivery_states,
    moves_of,
    parcel,
    posted,
    state_of,
)
from triage.database import outbox, schema, timeline
from triage.database.moves import Kind, MoveRefused
from triage.database.undelivered import Undelivered, give_up, undelivered
from triage.domain.study import Delivery, DeliveryState, StudyState

OLD = "OLD@10.0.0.9:104"


def claimed(connection: Connection, clock: Clock, destination: str = OLD) -> Delivery:
    delivery = outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=TTL, destination=destination
    )
    assert delivery is not None
    return delivery


def abandon(connection: Connection, clock: Clock) -> str:
    return give_up(connection, OLD, reason="it is no more", now=clock.now, actor="operator:jane")


def test_an_empty_outbox_has_nothing_under_way(connection: Connection) -> None:
    assert undelivered(connection) == []


def test_what_waits_is_told_with_its_oldest(connection: Connection, clock: Clock) -> None:
    begin = clock.now
    posted(connection, parcel("2.25.1"), parcel("2.25.2", destination=OLD), now=begin)
    outbox.postpone(connection, claimed(connection, clock), until=clock.wait(9000), reason="away")

    assert undelivered(connection) == [
        Undelivered(OLD, 1, 0, begin),
        Undelivered(PACS, 1, 0, begin),
    ]


def test_what_was_sent_waits_for_its_proof_alone(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel(destination=OLD), now=clock.now)
    outbox.mark_sent(
        connection,
        claimed(connection, clock),
        now=clock.now,
        courier="courier-1",
        answer="0x0000",
        unproven=None,
    )

    assert undelivered(connection) == [Undelivered(OLD, 0, 1, None)]

    abandon(connection, clock)

    assert delivery_states(connection) == [DeliveryState.SENT_UNPROVEN]
    assert state_of(connection) == StudyState.DONE


def test_what_is_given_up_ends_its_study_and_is_no_trouble(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, parcel("2.25.1", destination=OLD), now=clock.now)

    said = abandon(connection, clock)

    assert said == f"{OLD}: 1 deliveries given up"
    row = connection.execute(select(schema.delivery)).one()
    assert (row.state, row.digest, row.reason) == ("PARKED", None, "it is no more")
    assert state_of(connection) == StudyState.DONE
    assert timeline.overview(connection, now=clock.now).troubles == []


def test_what_was_parked_is_given_up_with_an_event(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel("2.25.1", destination=OLD), now=clock.now)
    delivery = claimed(connection, clock)
    outbox.park(connection, delivery, now=clock.now, courier="courier-1", reason="0x0122")

    abandon(connection, clock)

    parked = DeliveryState.PARKED
    assert moves_of(connection, Kind.DELIVERY)[-1] == (parked, parked)
    with pytest.raises(MoveRefused, match=OLD):
        abandon(connection, clock)


def test_what_goes_elsewhere_is_left_alone(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel("2.25.1"), parcel("2.25.1", destination=OLD), now=clock.now)

    abandon(connection, clock)

    assert delivery_states(connection) == [DeliveryState.WAITING, DeliveryState.PARKED]
    assert state_of(connection) == StudyState.ASSESSED


def test_a_courier_that_sends_meanwhile_notices(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel(destination=OLD), now=clock.now)
    delivery = claimed(connection, clock)
    abandon(connection, clock)

    with pytest.raises(MoveRefused):
        outbox.mark_sent(connection, delivery, now=clock.now, courier="courier-1", answer="0x0000")
    assert connection.scalar(select(schema.delivery.c.in_doubt))
