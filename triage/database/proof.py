"""What becomes of captures that were sent: proven, unproven, or denied and sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from triage.database import schema
from triage.database.moves import By, Kind, change, new_id
from triage.database.outbox import finish_study, lock_study
from triage.domain.commitment import StorageReport, why
from triage.domain.errors import TriageError
from triage.domain.study import DeliveryState, Proof, Sent

MOST_DENIALS = 3
DENIED_PAUSE = timedelta(seconds=30)
COMMITTED = "storage committed"


class UnknownTransaction(TriageError):
    """Nobody asked this peer for a commitment under this Transaction UID."""


def sent_captures(
    connection: Connection, *, now: datetime, most: int, destination: str | None = None
) -> list[Sent]:
    """Return the captures whose proof is due to be looked for, the oldest first."""
    table = schema.delivery.c
    ours = () if destination is None else (table.destination == destination,)
    rows = connection.execute(
        select(
            table.id,
            table.study_id,
            table.destination,
            table.sop_instance_uid,
            table.digest,
            table.sent_at,
            table.proof,
        )
        .where(table.state == DeliveryState.SENT, table.next_attempt_at <= now, *ours)
        .order_by(table.priority.desc(), table.next_attempt_at, table.id)
        .limit(most)
    )
    return [Sent(*row[:6], proof=None if row.proof is None else Proof(row.proof)) for row in rows]


def ask_for_commitment(
    connection: Connection,
    captures: Sequence[Sent],
    *,
    transaction_uid: str,
    ae_title: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Note a request before it is made: the report may be faster than the response."""
    result = connection.execute(
        insert(schema.commitment).values(
            transaction_uid=transaction_uid,
            destination=captures[0].destination,
            ae_title=ae_title,
            requested_at=now,
            expires_at=expires_at,
        )
    )
    number = new_id(result)
    items = [{"commitment_id": number, "delivery_id": capture.id} for capture in captures]
    connection.execute(insert(schema.commitment_item), items)
    for capture in captures:
        wait_for(connection, capture, Proof.COMMITMENT, until=expires_at)


def wait_for(
    connection: Connection, capture: Sent, proof: Proof | None, *, until: datetime
) -> None:
    """Look for this proof next, and not before a time; for any where none is named."""
    table = schema.delivery.c
    connection.execute(
        update(schema.delivery)
        .where(table.id == capture.id, table.state == DeliveryState.SENT)
        .values(proof=proof, next_attempt_at=until)
    )


def prove(connection: Connection, capture: Sent, *, reason: str, by: By) -> None:
    """End a capture as PROVEN.

    Raises:
        MoveRefused: it has ended meanwhile.
    """
    _end(connection, capture, DeliveryState.PROVEN, reason=reason, by=by)


def give_up(connection: Connection, capture: Sent, *, reason: str, by: By) -> None:
    """End a capture as SENT_UNPROVEN.

    Raises:
        MoveRefused: it has ended meanwhile.
    """
    _end(connection, capture, DeliveryState.SENT_UNPROVEN, reason=reason, by=by)


def record_report(
    connection: Connection, report: StorageReport, *, ae_title: str, now: datetime
) -> None:
    """Write down what a peer reported of a request that was made to it.

    What it committed to is PROVEN. What it denies is sent again after a pause, and PARKED when
    it was denied three times. What has ended already stays as it is, so that a report may come
    twice.

    Args:
        connection: inside the caller's transaction.
        report: as it came.
        ae_title: of the peer that reports.
        now: the database's time.

    Raises:
        UnknownTransaction: this peer was asked for no such commitment.
    """
    request, delivery, item = schema.commitment.c, schema.delivery.c, schema.commitment_item.c
    number = connection.scalar(
        select(request.id).where(
            request.transaction_uid == report.transaction_uid, request.ae_title == ae_title
        )
    )
    if number is None:
        raise UnknownTransaction(f"no commitment was asked of {ae_title} under this UID")
    rows = connection.execute(
        select(delivery.id, delivery.study_id, delivery.sop_instance_uid, delivery.denials)
        .join(schema.commitment_item, item.delivery_id == delivery.id)
        .where(item.commitment_id == number, delivery.state == DeliveryState.SENT)
        .order_by(delivery.study_id, delivery.id)  # everybody locks studies in this order
    ).all()
    for row in rows:
        _settle(connection, row, report, by=By(f"report of {ae_title}", now))
    connection.execute(
        update(schema.commitment).where(request.id == number).values(reported_at=now)
    )


def _settle(
    connection: Connection, row: Row[Any, Any, Any, Any], report: StorageReport, *, by: By
) -> None:
    if row.sop_instance_uid in report.committed:
        lock_study(connection, row.study_id)
        move = (DeliveryState.SENT, DeliveryState.PROVEN)
        change(connection, Kind.DELIVERY, row.id, move=move, by=by, reason=COMMITTED)
        finish_study(connection, row.study_id, by=by)
    elif row.sop_instance_uid in report.failed:
        lock_study(connection, row.study_id)
        reason = f"storage denied: {why(report.failed[row.sop_instance_uid])}"
        _deny(connection, row.id, row.study_id, denials=row.denials + 1, reason=reason, by=by)


def _deny(
    connection: Connection, delivery_id: int, study_id: int, *, denials: int, reason: str, by: By
) -> None:
    parked = denials >= MOST_DENIALS
    move = (DeliveryState.SENT, DeliveryState.PARKED if parked else DeliveryState.WAITING)
    change(
        connection,
        Kind.DELIVERY,
        delivery_id,
        move=move,
        by=by,
        reason=reason,
        denials=denials,
        proof=None,
        in_doubt=False,  # what it lists by C-FIND does not count where it denies to keep it
        next_attempt_at=by.at + DENIED_PAUSE,
    )
    if parked:
        finish_study(connection, study_id, by=by)


def _end(
    connection: Connection, capture: Sent, state: DeliveryState, *, reason: str, by: By
) -> None:
    lock_study(connection, capture.study_id)
    move = (DeliveryState.SENT, state)
    change(connection, Kind.DELIVERY, capture.id, move=move, by=by, reason=reason)
    finish_study(connection, capture.study_id, by=by)
