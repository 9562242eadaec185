"""What has not arrived, by destination; and giving up what is addressed to nobody any more."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select

from triage.database import schema
from triage.database.moves import By, Kind, MoveRefused, change
from triage.database.outbox import UNFINISHED, finish_study, lock_study
from triage.domain.study import DeliveryState

ENDS = {
    DeliveryState.WAITING: DeliveryState.PARKED,
    DeliveryState.PARKED: DeliveryState.PARKED,
    DeliveryState.SENT: DeliveryState.SENT_UNPROVEN,
}
"""In what a delivery that is given up ends, by its state."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Results of one destination: how many wait to be sent, since when, and for their proof."""

    destination: str
    waiting: int
    unproven: int
    oldest_at: datetime | None


def undelivered(connection: Connection) -> list[Undelivered]:
    """Return each destination with results under way; ``oldest_at`` is of those that wait."""
    table = schema.delivery.c
    waits = table.state == DeliveryState.WAITING
    waiting = func.count(case((waits, 1)))
    rows = connection.execute(
        select(
            table.destination,
            waiting,
            func.count() - waiting,
            func.min(case((waits, table.state_since))),
        )
        .where(table.state.in_(UNFINISHED))
        .group_by(table.destination)
        .order_by(table.destination)
    )
    return [Undelivered(*row) for row in rows]


def give_up(
    connection: Connection, destination: str, *, reason: str, now: datetime, actor: str
) -> str:
    """End everything that is addressed to a destination, in the order in which studies are locked.

    What waits or is parked is never sent: its object is let go. What was sent ends unproven.

    Returns:
        One sentence that says what was done.

    Raises:
        MoveRefused: nothing of it is under way.
    """
    table, study = schema.delivery.c, schema.study.c
    rows = connection.execute(
        select(table.id, table.study_id)
        .join(schema.study, study.id == table.study_id)
        .where(
            table.destination == destination,
            or_(table.state.in_(UNFINISHED), table.digest.is_not(None)),
            table.state.in_(ENDS),
        )
        .order_by(study.study_uid, table.id)
    ).all()
    if not rows:
        raise MoveRefused(f"nothing waits for {destination}")
    for delivery_id, study_id in rows:
        _end(connection, delivery_id, study_id, reason=reason, by=By(actor, now))
    return f"{destination}: {len(rows)} deliveries given up"


def _end(connection: Connection, delivery_id: int, study_id: int, *, reason: str, by: By) -> None:
    table = schema.delivery.c
    lock_study(connection, study_id)
    state = connection.scalar(select(table.state).where(table.id == delivery_id).with_for_update())
    if state not in ENDS:
        return  # a report was faster
    end = ENDS[DeliveryState(state)]
    let_go = {"digest": None} if end is DeliveryState.PARKED else {}
    change(
        connection,
        Kind.DELIVERY,
        delivery_id,
        move=(state, end),
        by=by,
        reason=reason,
        courier=None,
        **let_go,
    )
    finish_study(connection, study_id, by=by)
