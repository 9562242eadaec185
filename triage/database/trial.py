"""A request for commitment to a test object: a row without captures, gone when it is answered."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from triage.database import schema


def note_trial(
    connection: Connection,
    transaction_uid: str,
    *,
    destination: str,
    ae_title: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Note a request, so that a listener takes the report of it."""
    connection.execute(
        insert(schema.commitment).values(
            transaction_uid=transaction_uid,
            destination=destination,
            ae_title=ae_title,
            requested_at=now,
            expires_at=expires_at,
        )
    )


def trial_was_reported(connection: Connection, transaction_uid: str) -> bool:
    """Tell whether a listener took the report."""
    table = schema.commitment.c
    reported_at = connection.scalar(
        select(table.reported_at).where(table.transaction_uid == transaction_uid)
    )
    return reported_at is not None


def forget_trial(connection: Connection, transaction_uid: str) -> None:
    """Remove the row of a request."""
    table = schema.commitment.c
    connection.execute(delete(schema.commitment).where(table.transaction_uid == transaction_uid))
