"""What becomes of captures that were sent: proven, unproven, or denied and sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from triage.database import schema
from triage.database.moves import By, Kind, change, new_id
from triage.database.outbox import finish_study, lock_study, reopen_study
from triage.domain.commitment import StorageReport, why
from triage.domain.errors import TriageError
from triage.domain.study import DeliveryState, Proof, Sent

MOST_DENIALS = 3
DENIED_PAUSE = timedelta(seconds=30)
COMMITTED = "storage committed"
OPEN_TO_REPORTS = (DeliveryState.SENT, DeliveryState.PROVEN, DeliveryState.SENT_UNPROVEN)
"""A report that comes late counts more than what a query had found meanwhile."""


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


def expiries(connection: Connection, captures: Sequence[Sent]) -> dict[int, datetime]:
    """Return how long the report of each capture's latest request is waited for, by its ID.

    Requests are few, and looked through from the oldest that may name one of these captures.
    """
    if not captures:
        return {}
    request, item = schema.commitment.c, schema.commitment_item.c
    rows = connection.execute(
        select(item.delivery_id, func.max(request.expires_at))
        .join(schema.commitment, request.id == item.commitment_id)
        .where(
            request.requested_at >= min(capture.sent_at for capture in captures),
            item.delivery_id.in_([capture.id for capture in captures]),
        )
        .group_by(item.delivery_id)
    )
    return {row[0]: row[1] for row in rows}


def ask_for_commitment(
    connection: Connection,
    captures: Sequence[Sent],
    *,
    transaction_uid: str,
    ae_title: str,
    now: datetime,
    expires_at: datetime,
    look_at: datetime | None = None,
) -> None:
    """Note a request before it is made: the report may be faster than the response.

    Args:
        connection: inside the caller's transaction.
        captures: that it names.
        transaction_uid: under which the report will come.
        ae_title: who alone may report.
        now: the database's time.
        expires_at: so long the report is waited for.
        look_at: when the captures are looked for meanwhile; ``None`` for not before the end.
    """
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
        wait_for(connection, capture, Proof.COMMITMENT, until=look_at or expires_at)


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

    What it committed to is PROVEN, also where no proof had come in time. What it denies is sent
    again after a pause, and PARKED when it was denied three times; also what a query had found:
    who denies to keep an object may list it all the same. A report may come twice.

    Args:
        connection: inside the caller's transaction.
        report: as it came.
        ae_title: of the peer that reports.
        now: the database's time.

    Raises:
        UnknownTransaction: this peer was asked for no such commitment.
    """
    request = schema.commitment.c
    asked = connection.execute(
        select(request.id, request.requested_at, request.reported_at).where(
            request.transaction_uid == report.transaction_uid, request.ae_title == ae_title
        )
    ).first()
    if asked is None:
        raise UnknownTransaction(f"no commitment was asked of {ae_title} under this UID")
    states = OPEN_TO_REPORTS if asked.reported_at is None else (DeliveryState.SENT,)
    for row in _named(connection, asked.id, requested_at=asked.requested_at, states=states):
        _settle(connection, row, report, by=By(f"report of {ae_title}", now))
    connection.execute(
        update(schema.commitment).where(request.id == asked.id).values(reported_at=now)
    )


def _named(
    connection: Connection, number: int, *, requested_at: datetime, states: Sequence[DeliveryState]
) -> Sequence[Row[Any, Any, Any, Any, Any]]:
    """Return what a request names and was not sent again since."""
    delivery, item, study = schema.delivery.c, schema.commitment_item.c, schema.study.c
    mine = (delivery.id, delivery.study_id, delivery.sop_instance_uid)
    return connection.execute(
        select(*mine, delivery.denials, delivery.state)
        .join(schema.commitment_item, item.delivery_id == delivery.id)
        .join(schema.study, study.id == delivery.study_id)
        .where(
            item.commitment_id == number,
            delivery.state.in_(states),
            delivery.sent_at <= requested_at,
        )
        .order_by(study.study_uid, delivery.id)  # everybody locks studies in this order
    ).all()


def _settle(
    connection: Connection, row: Row[Any, Any, Any, Any, Any], report: StorageReport, *, by: By
) -> None:
    if row.sop_instance_uid in report.committed and row.state != DeliveryState.PROVEN:
        lock_study(connection, row.study_id)
        move = (row.state, DeliveryState.PROVEN)
        change(connection, Kind.DELIVERY, row.id, move=move, by=by, reason=COMMITTED)
        finish_study(connection, row.study_id, by=by)
    elif row.sop_instance_uid in report.failed:
        lock_study(connection, row.study_id)
        reason = f"storage denied: {why(report.failed[row.sop_instance_uid])}"
        _deny(connection, row, reason=reason, by=by)


def _deny(
    connection: Connection, row: Row[Any, Any, Any, Any, Any], *, reason: str, by: By
) -> None:
    denials = row.denials + 1
    state = DeliveryState.PARKED if denials >= MOST_DENIALS else DeliveryState.WAITING
    change(
        connection,
        Kind.DELIVERY,
        row.id,
        move=(row.state, state),
        by=by,
        reason=reason,
        denials=denials,
        proof=None,
        in_doubt=False,  # what it lists by C-FIND does not count where it denies to keep it
        next_attempt_at=by.at + DENIED_PAUSE,
    )
    if state is DeliveryState.WAITING:
        reopen_study(connection, row.study_id, by=by, reason=reason)
    finish_study(connection, row.study_id, by=by)


def _end(
    connection: Connection, capture: Sent, state: DeliveryState, *, reason: str, by: By
) -> None:
    lock_study(connection, capture.study_id)
    move = (DeliveryState.SENT, state)
    change(connection, Kind.DELIVERY, capture.id, move=move, by=by, reason=reason)
    finish_study(connection, capture.study_id, by=by)
