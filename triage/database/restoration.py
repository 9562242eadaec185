"""Rows made anew of files, after a database was lost or came back from a backup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from triage.database import receipts, schema
from triage.database.moves import By
from triage.database.outbox import lock_study
from triage.database.receipts import Receipt
from triage.database.results import Outcome, store
from triage.database.sums import forget
from triage.domain.study import DeliveryState, FilmState, StudyState

ACTOR = "reindex"
CALLER = "REINDEX"
"""Stands for the calling AE title, which no file tells."""


@dataclass(frozen=True, slots=True)
class Row:
    """A film's row, by its keys."""

    film_id: int
    study_id: int
    digest: str


def restore_films(
    connection: Connection, films: Sequence[tuple[Receipt, datetime]], *, now: datetime
) -> list[Row]:
    """Write the rows of films, each with the time at which its file was stored.

    They are new films of their studies: a study that was finished is queued for them alone.

    Args:
        connection: inside the caller's transaction.
        films: in the order in which they came.
        now: the database's time.

    Returns:
        The rows that were not there.
    """
    visit = receipts.open_association(
        connection, listener=ACTOR, calling_ae_title=CALLER, host="", now=now
    )
    rows = []
    for receipt, stored_at in films:  # one by one: of films of one UID, the first has the first id
        if receipts.record_receipts(connection, [(receipt, visit)], now=now, actor=ACTOR)[0]:
            rows.append(_dated(connection, receipt, stored_at))
    receipts.close_association(connection, visit, now=now)
    return rows


def waiting_rows(connection: Connection, sop_instance_uid: str, *, now: datetime) -> list[Row]:
    """Return the films of this UID that wait and that no worker has in hand, and lock them."""
    film, study = schema.instance.c, schema.study.c
    idle = or_(study.state != StudyState.ASSESSING, study.lease_expires_at <= now)
    rows = connection.execute(
        select(film.id, film.study_id, film.digest)
        .join(schema.study, study.id == film.study_id)
        .where(film.sop_instance_uid == sop_instance_uid, film.state == FilmState.WAITING, idle)
        .order_by(film.id)
        .with_for_update()
    )
    return [Row(*row) for row in rows]


def restore_result(
    connection: Connection, row: Row, outcome: Outcome, *, assessed_at: datetime, now: datetime
) -> None:
    """Write what a stored capture tells of a film that waits, and post its captures.

    Sums of days that are not right any more are forgotten, and made again by the next roll-up.

    Raises:
        MoveRefused: the film has its end.
    """
    lock_study(connection, row.study_id)
    store(connection, outcome, study_id=row.study_id, by=By(ACTOR, now))
    connection.execute(
        update(schema.assessment)
        .where(schema.assessment.c.instance_id == row.film_id)
        .values(assessed_at=assessed_at)
    )
    forget(connection, since=assessed_at)


def doubt_waiting(connection: Connection) -> int:
    """Let every capture that waits be looked up before it is sent, and return how many.

    Of an older database nobody knows what was sent since.
    """
    table = schema.delivery.c
    result = connection.execute(
        update(schema.delivery)
        .where(table.state == DeliveryState.WAITING, table.in_doubt.is_(False))
        .values(in_doubt=True)
    )
    return result.rowcount


def _dated(connection: Connection, receipt: Receipt, stored_at: datetime) -> Row:
    """Give a film the time at which it was stored, and its study those of its films."""
    film, study = schema.instance.c, schema.study.c
    found = connection.execute(
        select(film.id, film.study_id, film.digest).where(
            film.sop_instance_uid == receipt.sop_instance_uid, film.digest == receipt.digest
        )
    ).one()
    connection.execute(
        update(schema.instance).where(film.id == found.id).values(received_at=stored_at)
    )
    mine = schema.instance.c.study_id == found.study_id
    connection.execute(
        update(schema.study)
        .where(study.id == found.study_id)
        .values(
            first_received_at=select(func.min(film.received_at)).where(mine).scalar_subquery(),
            last_received_at=select(func.max(film.received_at)).where(mine).scalar_subquery(),
        )
    )
    return Row(*found)
