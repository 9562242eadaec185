"""The outbox: what is to be sent where, the most urgent first; sent, tried again, or parked."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, select, update

from triage.database import schema
from triage.database.correction import superseded
from triage.database.moves import By, Kind, MoveRefused, change
from triage.domain.study import Delivery, DeliveryState, StudyState

UNFINISHED = (DeliveryState.WAITING, DeliveryState.SENT)

NO_PROOF = "the destination offers no proof of storage"
SUPERSEDED = "superseded: the film came again with another identity"


def claim_delivery(
    connection: Connection,
    *,
    courier: str,
    now: datetime,
    ttl: timedelta,
    destination: str | None = None,
) -> Delivery | None:
    """Take the most urgent delivery that has waited longest, or return ``None``.

    Nobody else takes it within ``ttl``; a courier that dies meanwhile leaves it to the next, in
    doubt whether it arrived.

    Args:
        connection: inside the caller's transaction.
        courier: who takes it.
        now: the database's time.
        ttl: for so long.
        destination: for this one alone; ``None`` for any.
    """
    table = schema.delivery.c
    row = connection.execute(_most_urgent(destination, now)).first()
    if row is None:
        return None
    taken = {"attempts": row.attempts + 1, "next_attempt_at": now + ttl, "courier": courier}
    connection.execute(
        update(schema.delivery).where(table.id == row.id).values(**taken, in_doubt=True)
    )
    return Delivery(
        id=row.id,
        study_id=row.study_id,
        destination=row.destination,
        sop_instance_uid=row.sop_instance_uid,
        digest=row.digest,
        attempt=row.attempts + 1,
        due_at=row.next_attempt_at,
        in_doubt=row.in_doubt,
        superseded=row.superseded,
    )


def _most_urgent(destination: str | None, now: datetime) -> Select[tuple[Any, ...]]:
    table = schema.delivery.c
    ours = () if destination is None else (table.destination == destination,)
    return (
        select(
            table.id,
            table.study_id,
            table.destination,
            table.sop_instance_uid,
            table.digest,
            table.attempts,
            table.in_doubt,
            table.next_attempt_at,
            superseded(table.instance_id).label("superseded"),
        )
        .where(table.state == DeliveryState.WAITING, table.next_attempt_at <= now, *ours)
        .order_by(table.priority.desc(), table.next_attempt_at, table.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def keep(connection: Connection, delivery: Delivery, *, until: datetime) -> bool:
    """Keep a claimed delivery for longer; ``False`` where it is this courier's no more."""
    table = schema.delivery.c
    kept = connection.execute(
        update(schema.delivery)
        .where(
            table.id == delivery.id,
            table.state == DeliveryState.WAITING,
            table.attempts == delivery.attempt,
            table.courier.is_not(None),
        )
        .values(next_attempt_at=until)
    )
    return kept.rowcount > 0


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
    connection: Connection,
    delivery: Delivery,
    *,
    now: datetime,
    courier: str,
    answer: str,
    unproven: str | None = NO_PROOF,
) -> None:
    """Note that the destination answered with success; a proof is looked for from now on.

    Args:
        connection: inside the caller's transaction.
        delivery: as it was claimed.
        now: the database's time.
        courier: who sent it.
        answer: in words.
        unproven: why there will be no proof, so that it ends here, and its study with its last;
            ``None`` where one is to be looked for.

    Raises:
        MoveRefused: another courier has sent it, or something else has ended it.
    """
    lock_study(connection, delivery.study_id)
    by = By(courier, now)
    to_sent = (DeliveryState.WAITING, DeliveryState.SENT)
    sent = {"sent_at": now, "next_attempt_at": now, "courier": None, "in_doubt": False}
    change(connection, Kind.DELIVERY, delivery.id, move=to_sent, by=by, reason=answer, **sent)
    if unproven is not None:
        to_end = (DeliveryState.SENT, DeliveryState.SENT_UNPROVEN)
        change(connection, Kind.DELIVERY, delivery.id, move=to_end, by=by, reason=unproven)
        finish_study(connection, delivery.study_id, by=by)


def postpone(
    connection: Connection,
    delivery: Delivery,
    *,
    until: datetime,
    reason: str,
    in_doubt: bool = False,
) -> None:
    """Try a delivery again later; the row keeps the latest reason.

    Args:
        connection: inside the caller's transaction.
        delivery: as it was claimed.
        until: not before this time.
        reason: in words.
        in_doubt: whether it may be at the destination already.

    Raises:
        MoveRefused: another courier has taken it meanwhile.
    """
    _hold(connection, delivery)
    later = {"next_attempt_at": until, "reason": reason, "courier": None, "in_doubt": in_doubt}
    connection.execute(
        update(schema.delivery).where(schema.delivery.c.id == delivery.id).values(**later)
    )


def park(
    connection: Connection, delivery: Delivery, *, now: datetime, courier: str, reason: str
) -> None:
    """Set a delivery aside until a person requeues its study.

    Raises:
        MoveRefused: another courier has taken it meanwhile.
    """
    lock_study(connection, delivery.study_id)
    _hold(connection, delivery)
    change(
        connection,
        Kind.DELIVERY,
        delivery.id,
        move=(DeliveryState.WAITING, DeliveryState.PARKED),
        by=By(courier, now),
        reason=reason,
        courier=None,
        in_doubt=False,
    )
    finish_study(connection, delivery.study_id, by=By(courier, now))


def withdraw(
    connection: Connection, delivery: Delivery, *, now: datetime, courier: str, in_doubt: bool
) -> None:
    """Set a superseded delivery aside for good: its object is let go, so nobody can send it.

    Args:
        connection: inside the caller's transaction.
        delivery: as it was claimed.
        now: the database's time.
        courier: who had it.
        in_doubt: whether it may be at the destination all the same.

    Raises:
        MoveRefused: another courier has taken it meanwhile.
    """
    lock_study(connection, delivery.study_id)
    _hold(connection, delivery)
    move, by = (DeliveryState.WAITING, DeliveryState.PARKED), By(courier, now)
    gone = {"courier": None, "digest": None, "in_doubt": in_doubt}
    change(connection, Kind.DELIVERY, delivery.id, move=move, by=by, reason=SUPERSEDED, **gone)
    finish_study(connection, delivery.study_id, by=by)


def let_go() -> ColumnElement[bool]:
    """Tell whether a delivery is PARKED for good; one that never had an object waits for a film."""
    table = schema.delivery.c
    return and_(
        table.state == DeliveryState.PARKED,
        table.digest.is_(None),
        table.sop_instance_uid.is_not(None),
    )


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


def reopen_study(connection: Connection, study_id: int, *, by: By, reason: str) -> None:
    """Move a DONE study back to ASSESSED: a delivery of it is under way again."""
    study = schema.study.c
    done = connection.scalar(
        select(study.id).where(study.id == study_id, study.state == StudyState.DONE)
    )
    if done is not None:
        move = (StudyState.DONE, StudyState.ASSESSED)
        change(connection, Kind.STUDY, study_id, move=move, by=by, reason=reason)


def lock_study(connection: Connection, study_id: int) -> None:
    """Lock the study before what belongs to it, as everybody does, so that nobody deadlocks.

    An event's foreign key alone would take a weaker lock, which two couriers can share.
    """
    study = schema.study.c
    connection.execute(select(study.id).where(study.id == study_id).with_for_update())


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
