"""Moves between states: each an UPDATE that names the old state, and an event."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, CursorResult, Table, insert, select, update

from triage.database import schema
from triage.domain.errors import TriageError
from triage.domain.study import DeliveryState as D
from triage.domain.study import FilmState as F
from triage.domain.study import StudyState as S

NEW = "NEW"
"""The state that an event names for what was not there before."""


class Kind(StrEnum):
    """What moves."""

    STUDY = "study"
    FILM = "film"
    DELIVERY = "delivery"


ALLOWED: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.STUDY: {
        NEW: (S.RECEIVING,),
        S.RECEIVING: (S.QUEUED,),
        S.QUEUED: (S.ASSESSING,),
        S.ASSESSING: (S.ASSESSED, S.NOT_ASSESSED, S.QUEUED, S.DEAD),
        S.ASSESSED: (S.DONE, S.QUEUED),
        S.DONE: (S.QUEUED, S.ASSESSED),
        S.NOT_ASSESSED: (S.QUEUED,),
        S.DEAD: (S.QUEUED, S.NOT_ASSESSED, S.ASSESSED),
    },
    Kind.FILM: {
        NEW: (F.WAITING,),
        F.WAITING: (F.ASSESSED, F.NOT_ASSESSED, F.QUARANTINED),
    },
    Kind.DELIVERY: {
        NEW: (D.WAITING, D.PARKED),
        D.WAITING: (D.SENT, D.PARKED),
        D.SENT: (D.PROVEN, D.SENT_UNPROVEN, D.WAITING, D.PARKED),
        D.PROVEN: (D.WAITING, D.PARKED),
        D.SENT_UNPROVEN: (D.PROVEN, D.WAITING, D.PARKED),
        D.PARKED: (D.WAITING, D.PARKED),
    },
}
"""Every allowed move; the migrations keep the table ``move`` equal to it."""

_TABLES: dict[Kind, Table] = {
    Kind.STUDY: schema.study,
    Kind.FILM: schema.instance,
    Kind.DELIVERY: schema.delivery,
}


@dataclass(frozen=True, slots=True)
class By:
    """Who makes a move, and when."""

    actor: str
    at: datetime


class MoveRefused(TriageError):
    """The row is not in the state that the move starts from."""


def record(
    connection: Connection,
    kind: Kind,
    subject_id: int,
    *,
    study_id: int,
    move: tuple[str, str],
    by: By,
    since: datetime | None = None,
    reason: str | None = None,
) -> None:
    """Write the event of one move; the database refuses a move that is not allowed."""
    connection.execute(
        insert(schema.event).values(
            at=by.at,
            study_id=study_id,
            kind=kind,
            subject_id=subject_id,
            from_state=move[0],
            to_state=move[1],
            actor=by.actor,
            reason=reason,
            duration_s=0.0 if since is None else (by.at - since).total_seconds(),
        )
    )


def change(
    connection: Connection,
    kind: Kind,
    subject_id: int,
    *,
    move: tuple[str, str],
    by: By,
    reason: str | None = None,
    **columns: object,
) -> None:
    """Move one row from a state to another, set further columns, and write the event.

    Raises:
        MoveRefused: the row is in another state.
    """
    table = _TABLES[kind]
    study_id = table.c.id if kind is Kind.STUDY else table.c.study_id
    row = connection.execute(
        select(table.c.state_since, study_id)
        .where(table.c.id == subject_id, table.c.state == move[0])
        .with_for_update()
    ).first()
    if row is None:
        raise MoveRefused(f"{kind} {subject_id} is not {move[0]}")
    connection.execute(
        update(table)
        .where(table.c.id == subject_id, table.c.state == move[0])
        .values(state=move[1], state_since=by.at, **columns, **_kept(table, reason))
    )
    record(
        connection,
        kind,
        subject_id,
        study_id=row[1],
        move=move,
        by=by,
        since=row[0],
        reason=reason,
    )


def _kept(table: Table, reason: str | None) -> dict[str, str | None]:
    """The outbox keeps the latest reason in its own row too, for those who list it."""
    return {"reason": reason} if "reason" in table.c else {}


def new_id(result: CursorResult[*tuple[object, ...]]) -> int:
    """Return the key that an INSERT of one row has made."""
    if result.inserted_primary_key is None:
        raise TriageError("the INSERT made no row")
    return int(result.inserted_primary_key[0])
