"""Films that came again with another identity, and what is to be removed of the results before."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    column,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from triage.database import schema
from triage.database.moves import By, Kind, change
from triage.database.sums import forget
from triage.database.utc_time import UtcTime
from triage.domain.study import DeliveryState, FilmState

ENDED = (DeliveryState.PROVEN, DeliveryState.SENT_UNPROVEN, DeliveryState.PARKED)
TAKEN_BACK = "the film came with this identity again"

TO_REMOVE = table(
    "report_to_remove",
    column("superseded_at", UtcTime()),
    *(column(name) for name in ("study_uid", "sop_instance_uid", "destination", "at_pacs")),
    *(column(name) for name in ("new_study_uid", "replaced_by", "replacement_state")),
)
"""A view: results of films that came again, as far as they are or may be at a destination."""

_DAY: ColumnElement[date] = literal_column("report_to_remove.day", Date())


def to_remove(
    connection: Connection, *, since: date | None, up_to: date
) -> Sequence[Mapping[str, object]]:
    """Tell which results a person has to remove, by the days on which their films came again.

    Args:
        connection: that reads.
        since: the first of these days; ``None`` for whatever came before.
        up_to: the last of them.
    """
    old = TO_REMOVE.c
    days = (up_to >= _DAY,) if since is None else (since <= _DAY, up_to >= _DAY)
    order = (old.superseded_at, old.sop_instance_uid, old.destination)
    found = connection.execute(select(TO_REMOVE).where(*days).order_by(*order))
    return [dict(row) for row in found.mappings()]


def supersede(connection: Connection, instance_id: int, *, now: datetime) -> None:
    """Note that a film replaces those that came before it under its SOP Instance UID.

    A film that came later, and was decided before, replaces them all: that is left as it is.
    Its study is as urgent as theirs. Sums of days to which replaced films counted are made again.
    """
    film, fix = schema.instance.alias("film"), schema.correction.c
    earlier, by = schema.instance.c, literal(instance_id)
    found = (
        select(earlier.id, by, literal(now, fix.at.type))
        .join(film, film.c.sop_instance_uid == earlier.sop_instance_uid)
        .where(
            film.c.id == instance_id,
            earlier.id < instance_id,
            earlier.state != FilmState.QUARANTINED,
        )
        .order_by(earlier.id)
    )
    upsert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    statement = upsert(schema.correction).from_select(
        ["instance_id", "by_instance_id", "at"], found
    )
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[fix.instance_id],
            set_={"by_instance_id": statement.excluded.by_instance_id},
            where=fix.by_instance_id < statement.excluded.by_instance_id,
        )
    )
    _keep_urgency(connection, instance_id)
    said = schema.assessment.c
    replaced = select(fix.instance_id).where(fix.by_instance_id == by)
    first = select(func.min(said.assessed_at)).where(said.instance_id.in_(replaced))
    if (since := connection.scalar(first)) is not None:
        forget(connection, since=since)


def _keep_urgency(connection: Connection, instance_id: int) -> None:
    """Raise a film's study, and what is posted of the film, to the studies from which it came."""
    film, fix, study = schema.instance.c, schema.correction.c, schema.study.c
    of_films = select(study.id, study.priority).join(schema.instance, film.study_id == study.id)
    replaced = of_films.join(schema.correction, fix.instance_id == film.id).where(
        fix.by_instance_id == instance_id
    )
    own = connection.execute(of_films.where(film.id == instance_id)).one()
    most = max([own.priority, *(row.priority for row in connection.execute(replaced))])
    if most == own.priority:
        return
    posted = schema.delivery.c
    connection.execute(update(schema.study).where(study.id == own.id).values(priority=most))
    connection.execute(
        update(schema.delivery)
        .where(posted.instance_id == instance_id)
        .values(priority=posted.priority + most - own.priority)
    )


def superseded(instance_id: ColumnElement[int] | int) -> ColumnElement[bool]:
    """Tell whether a film was replaced by a later one."""
    return exists().where(schema.correction.c.instance_id == instance_id)


def take_up(connection: Connection, values: Mapping[str, object], *, by: By) -> None:
    """Let a result that is in the outbox stand for the film that came last.

    Where it was superseded meanwhile, by a correction that is now taken back, it is sent again,
    unless it is there.

    Args:
        connection: inside the caller's transaction.
        values: the row that would be posted.
        by: who posts it.
    """
    posted = schema.delivery.c
    row = connection.execute(
        select(posted.id, posted.state, posted.instance_id, posted.in_doubt, posted.sent_at)
        .where(
            posted.sop_instance_uid == values["sop_instance_uid"],
            posted.destination == values["destination"],
            posted.instance_id < values["instance_id"],
        )
        .with_for_update()
    ).first()
    if row is None:
        return
    stands_for = {"instance_id": values["instance_id"], "digest": values["digest"]}
    connection.execute(update(schema.delivery).where(posted.id == row.id).values(**stands_for))
    was_superseded = connection.scalar(select(superseded(row.instance_id)))
    if was_superseded and row.state in ENDED:
        doubt = row.in_doubt or row.sent_at is not None
        again = {"next_attempt_at": by.at, "attempts": 0, "denials": 0, "in_doubt": doubt}
        move = (row.state, DeliveryState.WAITING)
        change(connection, Kind.DELIVERY, row.id, move=move, by=by, reason=TAKEN_BACK, **again)
