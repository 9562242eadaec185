"""The outbox: what is to be sent where, tried again with growing pauses, or parked."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select, update

from triage.database import schema
from triage.database.moves import By, Kind, MoveRefused, change
from triage.domain.study import Delivery, DeliveryState, StudyState

UNFINISHED = (DeliveryState.WAITING, DeliveryState.SENT)


def claim_delivery(
    connection: Connection, *, courier: str, now: datetime, ttl: timedelta
) -> Delivery | None:
    """Take the delivery that has waited longest for ``ttl``, or return ``None``.

    Nobody else takes it within ``ttl``; a courier that dies meanwhile leaves it to the next.
    """
    table = schema.delivery.c
    row = connection.execute(
        select(
            table.id,
            table.study_id,
            table.destination,
            table.sop_instance_uid,
            table.digest,
            table.attempts,
        )
        .where(table.state == DeliveryState.WAITING, table.next_attempt_at <= now)
        .order_by(table.next_attempt_at, table.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    connection.execute(
        update(schema.delivery)
        .where(table.id == row.id)
        .values(attempts=row.attempts + 1, next_attempt_at=now + ttl, courier=courier)
    )
    return Delivery(
        id=row.id,
        study_id=row.study_id,
        destination=row.destination,
        sop_instance_uid=row.sop_instance_uid,
        digest=row.digest,
        attempt=row.attempts + 1,
    )


def release_deliveries(connection: Connection, *, courier: str, now: datetime) -> int:
    """Free what this courier's dead predecessor had taken, and return how many."""
    table = schema.delivery.c
    result = connection.execute(
        update(schema.delivery)
        .where(table.state == DeliveryState.WAITING, table.courier == courier)
        .values(next_attempt_at=now, courier=None)
    )
    return result.rowcount


def mark_sent(
    connection: Connection, delivery: Delivery, *, now: datetime, courier: str, answer: str
) -> None:
    """Note that the destination answered with success, and finish the study if it was the last.

    Nothing proves yet that the destination keeps the object, so it ends SENT_UNPROVEN.
    """
    _lock_study(connection, delivery)
    by = By(courier, now)
    to_sent = (DeliveryState.WAITING, DeliveryState.SENT)
    change(connection, Kind.DELIVERY, delivery.id, move=to_sent, by=by, reason=answer, sent_at=now)
    to_end = (DeliveryState.SENT, DeliveryState.SENT_UNPROVEN)
    reason = "no proof of storage was asked for"
    change(connection, Kind.DELIVERY, delivery.id, move=to_end, by=by, reason=reason, courier=None)
    finish_study(connection, delivery.study_id, by=by)


def postpone(connection: Connection, delivery: Delivery, *, until: datetime, reason: str) -> None:
    """Try a delivery again later; the row keeps the latest reason.

    Raises:
        MoveRefused: another courier has taken it meanwhile.
    """
    _hold(connection, delivery)
    connection.execute(
        update(schema.delivery)
        .where(schema.delivery.c.id == delivery.id)
        .values(next_attempt_at=until, reason=reason, courier=None)
    )


def park(
    connection: Connection, delivery: Delivery, *, now: datetime, courier: str, reason: str
) -> None:
    """Set a delivery aside until a person requeues its study.

    Raises:
        MoveRefused: another courier has taken it meanwhile.
    """
    _lock_study(connection, delivery)
    _hold(connection, delivery)
    change(
        connection,
        Kind.DELIVERY,
        delivery.id,
        move=(DeliveryState.WAITING, DeliveryState.PARKED),
        by=By(courier, now),
        reason=reason,
        courier=None,
    )
    finish_study(connection, delivery.study_id, by=By(courier, now))


def finish_study(connection: Connection, study_id: int, *, by: By) -> StudyState:
    """Move an ASSESSED study to DONE once all its deliveries are terminal; return its state."""
    state = connection.execute(
        select(schema.study.c.state).where(schema.study.c.id == study_id).with_for_update()
    ).scalar_one()
    unfinished = exists().where(
        schema.delivery.c.study_id == study_id, schema.delivery.c.state.in_(UNFINISHED)
    )
    if state != StudyState.ASSESSED or connection.scalar(select(unfinished)):
        return StudyState(state)
    move = (StudyState.ASSESSED, StudyState.DONE)
    change(connection, Kind.STUDY, study_id, move=move, by=by)
    return StudyState.DONE


def _lock_study(connection: Connection, delivery: Delivery) -> None:
    """Lock the study before what belongs to it, as everybody does, so that nobody deadlocks.

    An event's foreign key alone would take a weaker lock, which two couriers can share.
    """
    study = schema.study.c
    connection.execute(select(study.id).where(study.id == delivery.study_id).with_for_update())


def _hold(connection: Connection, delivery: Delivery) -> None:
    """Lock a delivery that is still this courier's: each claim counts one attempt more."""
    table = schema.delivery.c
    held = connection.scalar(
        select(table.id)
        .where(
            table.id == delivery.id,
            table.state == DeliveryState.WAITING,
            table.attempts == delivery.attempt,
        )
        .with_for_update()
    )
    if held is None:
        raise MoveRefused(f"delivery {delivery.id}: attempt {delivery.attempt} has ended")
