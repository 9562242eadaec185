"""What waits for a moment that a clock which was set back has put out of reach."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, update

from triage.database import schema
from triage.database.roll_up import forget_to_come
from triage.database.worklist_schema import run
from triage.domain.study import DeliveryState, StudyState


def follow_back(connection: Connection, *, now: datetime, ahead: timedelta) -> int:
    """Let what waits for a moment far ahead wait no longer; return how many rows that were.

    A clock that was some hours fast, or a day, wrote these moments, and was set right. Studies
    and deliveries are taken up now; a lease ends now, which a worker that lives finds by its
    fence, and a night that lives renews. Sums of days that are not over are forgotten.

    Args:
        connection: inside the caller's transaction.
        now: the database's time.
        ahead: longer than anything rests, waits for a proof or is leased.
    """
    forgotten = forget_to_come(connection, now=now)  # first: it may wait for who sums up a day
    study, delivery, late = schema.study.c, schema.delivery.c, now + ahead
    changes = (
        update(schema.study)
        .where(study.state == StudyState.QUEUED, study.next_attempt_at > late)
        .values(next_attempt_at=now),
        update(schema.study)
        .where(study.state == StudyState.ASSESSING, study.lease_expires_at > late)
        .values(lease_expires_at=now),
        update(schema.study)
        .where(study.state == StudyState.RECEIVING, study.last_received_at > late)
        .values(first_received_at=now, last_received_at=now),
        update(schema.delivery)
        .where(
            delivery.state.in_((DeliveryState.WAITING, DeliveryState.SENT)),
            delivery.next_attempt_at > late,
        )
        .values(next_attempt_at=now),
        update(run).where(run.c.lease_expires_at > late).values(lease_expires_at=now),
    )
    return forgotten + sum(connection.execute(change).rowcount for change in changes)
