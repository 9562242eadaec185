"""What a person may do to a study: requeue it, or discard it with a reason."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, exists, select

from triage.database import schema
from triage.database.moves import By, Kind, MoveRefused, change
from triage.database.outbox import finish_study
from triage.domain.assessment import RefusalCode
from triage.domain.errors import TriageError
from triage.domain.study import DeliveryState, FilmState, StudyState

REQUEUED = "requeued"


class UnknownStudy(TriageError):
    """No study has this Study Instance UID."""


def requeue(
    connection: Connection,
    study_uid: str,
    *,
    now: datetime,
    actor: str,
    serves: Callable[[str], bool] = lambda _: True,
) -> str:
    """Try a DEAD study again, and send again what was parked of it.

    Args:
        connection: inside the caller's transaction.
        study_uid: which one.
        now: the database's time.
        actor: who wants it.
        serves: whether results are taken to a destination; what is parked for others stays.

    Returns:
        One sentence that says what was done.

    Raises:
        UnknownStudy: there is no such study.
        MoveRefused: it is not DEAD and nothing of it is parked.
    """
    study_id, state = _find(connection, study_uid)
    by = By(actor, now)
    parked = [number for number, peer in _parked(connection, study_id) if serves(peer)]
    if state != StudyState.DEAD and not parked:
        raise MoveRefused(
            f"study {study_uid} is {state} and nothing of it is parked that could be sent; "
            "a film parked for its identity must come again with its identity"
        )
    for delivery_id in parked:
        to_waiting = (DeliveryState.PARKED, DeliveryState.WAITING)
        again = {"next_attempt_at": now, "attempts": 0, "denials": 0}
        change(
            connection, Kind.DELIVERY, delivery_id, move=to_waiting, by=by, reason=REQUEUED, **again
        )
    _wake(connection, study_id, state, by=by)
    return f"study {study_uid}: queued again, {len(parked)} parked deliveries freed"


def discard(
    connection: Connection, study_uid: str, *, reason: str, now: datetime, actor: str
) -> str:
    """Give a DEAD study up for good: its waiting films end NOT_ASSESSED with the reason.

    Returns:
        One sentence that says what was done.

    Raises:
        UnknownStudy: there is no such study.
        MoveRefused: it is not DEAD.
    """
    study_id, state = _find(connection, study_uid)
    by = By(actor, now)
    if state != StudyState.DEAD:
        raise MoveRefused(f"study {study_uid} is {state}: only a DEAD study is discarded")
    discarded = _discard_films(connection, study_id, reason=reason, by=by)
    films = schema.instance.c
    assessed = exists().where(films.study_id == study_id, films.state == FilmState.ASSESSED)
    found = connection.scalar(select(assessed))
    move = (StudyState.DEAD, StudyState.ASSESSED if found else StudyState.NOT_ASSESSED)
    change(connection, Kind.STUDY, study_id, move=move, by=by, reason=reason)
    finish_study(connection, study_id, by=by)
    return f"study {study_uid}: discarded, {discarded} films not assessed"


def _wake(connection: Connection, study_id: int, state: str, *, by: By) -> None:
    """Queue a DEAD study; a DONE one has deliveries under way again."""
    if state == StudyState.DEAD:
        again = {"next_attempt_at": by.at, "failures": 0, "deaths": 0}
        move = (StudyState.DEAD, StudyState.QUEUED)
        change(connection, Kind.STUDY, study_id, move=move, by=by, reason=REQUEUED, **again)
    elif state == StudyState.DONE:
        move = (StudyState.DONE, StudyState.ASSESSED)
        change(connection, Kind.STUDY, study_id, move=move, by=by, reason=REQUEUED)


def _discard_films(connection: Connection, study_id: int, *, reason: str, by: By) -> int:
    films = schema.instance.c
    mine = select(films.id).where(films.study_id == study_id, films.state == FilmState.WAITING)
    waiting = connection.scalars(mine.order_by(films.id)).all()
    why = {"code": RefusalCode.DISCARDED, "sentence": reason}
    for instance_id in waiting:
        move = (FilmState.WAITING, FilmState.NOT_ASSESSED)
        change(connection, Kind.FILM, instance_id, move=move, by=by, reason=reason, **why)
    return len(waiting)


def _find(connection: Connection, study_uid: str) -> tuple[int, str]:
    table = schema.study.c
    row = connection.execute(
        select(table.id, table.state).where(table.study_uid == study_uid).with_for_update()
    ).first()
    if row is None:
        raise UnknownStudy(f"no study {study_uid} is here")
    return int(row.id), str(row.state)


def _parked(connection: Connection, study_id: int) -> list[tuple[int, str]]:
    """Parked deliveries that could be sent, and where: those without an object never can."""
    table = schema.delivery.c
    rows = connection.execute(
        select(table.id, table.destination).where(
            table.study_id == study_id,
            table.state == DeliveryState.PARKED,
            table.digest.is_not(None),
        )
    )
    return [(row.id, row.destination) for row in rows]
