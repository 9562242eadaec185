"""The outbox on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update

from tests.builders.clock import Clock
from tests.builders.studies import (
    delivery_states,
    moves_of,
    parcel,
    posted,
    receipt,
    receive,
    state_of,
)
from triage.database import outbox, schema
from triage.database.moves import Kind, MoveRefused
from triage.domain.study import Delivery, DeliveryState, StudyState

COURIER = "courier-1"
TTL = timedelta(minutes=2)


def taken(connection: Connection, clock: Clock, *, courier: str = COURIER) -> Delivery:
    delivery = outbox.claim_delivery(connection, courier=courier, now=clock.now, ttl=TTL)
    assert delivery is not None
    return delivery


def sent(connection: Connection, clock: Clock) -> None:
    delivery = taken(connection, clock)
    outbox.mark_sent(connection, delivery, now=clock.now, courier=COURIER, answer="0x0000")


def test_an_empty_outbox_has_nothing_to_claim(connection: Connection, clock: Clock) -> None:
    delivery = outbox.claim_delivery(connection, courier=COURIER, now=clock.now, ttl=TTL)

    assert delivery is None


def test_a_claimed_delivery_names_capture_and_destination(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, parcel("2.25.7"), now=clock.now)

    delivery = taken(connection, clock)

    assert delivery.sop_instance_uid == "2.25.7"
    assert delivery.destination == parcel().destination
    assert delivery.digest == parcel("2.25.7").digest
    assert delivery.attempt == 1


def test_deliveries_are_claimed_in_their_order(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel("2.25.9"), parcel("2.25.1"), now=clock.now)

    claimed = [taken(connection, clock).sop_instance_uid for _ in range(2)]

    assert claimed == ["2.25.9", "2.25.1"]


def test_the_most_urgent_delivery_goes_first(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel("2.25.1"), parcel("2.25.2"), now=clock.now)
    urgent = schema.delivery.c.sop_instance_uid == "2.25.2"
    connection.execute(update(schema.delivery).where(urgent).values(priority=1))

    claimed = [taken(connection, clock).sop_instance_uid for _ in range(2)]

    assert claimed == ["2.25.2", "2.25.1"]


def test_a_courier_of_one_destination_takes_no_others(connection: Connection, clock: Clock) -> None:
    other = "OTHER@10.0.0.1:104"
    posted(connection, parcel("2.25.1"), parcel("2.25.1", destination=other), now=clock.now)

    claimed = outbox.claim_delivery(
        connection, courier=COURIER, now=clock.now, ttl=TTL, destination=other
    )
    second = outbox.claim_delivery(
        connection, courier=COURIER, now=clock.now, ttl=TTL, destination=other
    )

    assert claimed is not None
    assert (claimed.destination, second) == (other, None)


def test_the_doubt_of_an_attempt_is_known_to_the_next(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    first = taken(connection, clock)
    clock.wait(TTL.total_seconds())
    second = taken(connection, clock)

    assert (first.in_doubt, second.in_doubt) == (False, True)


def test_a_claimed_delivery_belongs_to_its_courier_for_a_time(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    taken(connection, clock)
    clock.wait(TTL.total_seconds() - 1)

    second = outbox.claim_delivery(connection, courier="courier-2", now=clock.now, ttl=TTL)

    assert second is None


def test_a_dead_couriers_delivery_goes_to_the_next(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    taken(connection, clock)
    clock.wait(TTL.total_seconds())

    second = taken(connection, clock, courier="courier-2")

    assert second.attempt == 2


def test_a_restarted_courier_frees_its_own_deliveries_at_once(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    taken(connection, clock)

    others = outbox.release_deliveries(connection, courier="courier-2", now=clock.now)
    own = outbox.release_deliveries(connection, courier=COURIER, now=clock.now)

    assert (others, own) == (0, 1)
    assert taken(connection, clock).attempt == 2


def test_a_delivered_capture_ends_unproven_and_its_study_done(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)

    sent(connection, clock)

    assert delivery_states(connection) == [DeliveryState.SENT_UNPROVEN]
    assert state_of(connection) == StudyState.DONE


def test_the_row_of_a_delivery_keeps_when_it_was_sent(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    clock.wait(5)
    sent(connection, clock)

    assert connection.scalar(select(schema.delivery.c.sent_at)) == clock.now


def test_the_event_of_a_delivery_keeps_the_answer(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    sent(connection, clock)

    answer = select(schema.event.c.reason).where(schema.event.c.to_state == DeliveryState.SENT)
    assert connection.scalar(answer) == "0x0000"


def test_a_study_is_done_only_when_its_last_capture_has_arrived(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, parcel("2.25.1"), parcel("2.25.2"), now=clock.now)

    sent(connection, clock)

    assert state_of(connection) == StudyState.ASSESSED


def test_a_delivery_that_was_sent_is_not_sent_again(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    sent(connection, clock)

    again = outbox.claim_delivery(connection, courier=COURIER, now=clock.wait(3600), ttl=TTL)

    assert again is None


def test_a_late_couriers_success_is_refused(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    late = taken(connection, clock)
    clock.wait(TTL.total_seconds())
    sent(connection, clock)

    with pytest.raises(MoveRefused):
        outbox.mark_sent(connection, late, now=clock.now, courier="courier-0", answer="0x0000")


def test_a_postponed_delivery_rests_until_its_time(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    delivery = taken(connection, clock)
    until = clock.now + timedelta(seconds=4)
    outbox.postpone(connection, delivery, until=until, reason="PACS cannot be reached")

    early = outbox.claim_delivery(connection, courier=COURIER, now=clock.wait(3), ttl=TTL)

    assert early is None
    clock.wait(1)
    assert taken(connection, clock).attempt == 2


def test_a_postponed_delivery_keeps_the_latest_reason(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    outbox.postpone(connection, taken(connection, clock), until=clock.now, reason="0xa700")

    assert connection.scalar(select(schema.delivery.c.reason)) == "0xa700"


def test_a_late_courier_postpones_nothing_that_another_has_taken(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    late = taken(connection, clock)
    clock.wait(TTL.total_seconds())
    taken(connection, clock, courier="courier-2")

    with pytest.raises(MoveRefused):
        outbox.postpone(connection, late, until=clock.now, reason="did not answer")


def test_a_late_courier_parks_nothing_that_another_has_taken(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    late = taken(connection, clock)
    clock.wait(TTL.total_seconds())
    taken(connection, clock, courier="courier-2")

    with pytest.raises(MoveRefused):
        outbox.park(connection, late, now=clock.now, courier=COURIER, reason="0x0122")


def test_a_parked_delivery_ends_its_study(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    delivery = taken(connection, clock)

    outbox.park(connection, delivery, now=clock.now, courier=COURIER, reason="0x0122")

    assert delivery_states(connection) == [DeliveryState.PARKED]
    assert state_of(connection) == StudyState.DONE


def test_a_study_whose_late_film_waits_is_not_done_by_a_delivery(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    receive(connection, receipt("2.25.9"), now=clock.wait(1))

    sent(connection, clock)

    assert state_of(connection) == StudyState.QUEUED


def test_every_move_of_a_delivery_has_an_event(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    sent(connection, clock)

    assert moves_of(connection, Kind.DELIVERY) == [
        ("NEW", DeliveryState.WAITING),
        (DeliveryState.WAITING, DeliveryState.SENT),
        (DeliveryState.SENT, DeliveryState.SENT_UNPROVEN),
    ]


def test_a_claim_can_be_kept_for_longer_until_another_has_it(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    mine = taken(connection, clock)
    kept = outbox.keep(connection, mine, until=clock.now + 2 * TTL)

    clock.wait(2 * TTL.total_seconds())
    taken(connection, clock, courier="other")

    assert (kept, outbox.keep(connection, mine, until=clock.now + TTL)) == (True, False)


def test_a_delivery_that_has_ended_is_kept_by_nobody(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    mine = taken(connection, clock)
    outbox.postpone(connection, mine, until=clock.now + TTL, reason="away")

    assert not outbox.keep(connection, mine, until=clock.now)
