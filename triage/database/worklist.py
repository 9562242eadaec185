"""What a day's list expects: written as it is told, and what of it is here."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from triage.database import schema
from triage.database.worklist_schema import worklist_instance, worklist_study
from triage.domain.worklist import ExpectedStudy, Listing, Urgency


def record_listing(connection: Connection, day: date, listing: Listing) -> None:
    """Write down what was listed for a day; a later list only adds.

    What was expected once stays so, for a PACS that answers with nothing would hide what is
    missing; an urgency never falls.
    """
    known = _known(connection, day)
    rows = [_row(day, study, listing.urgencies, known) for study in listing.studies]
    new = [row for row in rows if row["study_uid"] not in known]
    if new:
        connection.execute(insert(worklist_study), new)
    seen = (row for row in rows if row["study_uid"] in known)
    old = [{f"new_{name}": value for name, value in row.items()} for row in seen]
    if old:
        table = worklist_study.c
        changed = ("priority", "wanted", "left_out", "instances")
        connection.execute(
            update(worklist_study)
            .where(table.day == bindparam("new_day"), table.study_uid == bindparam("new_study_uid"))
            .values({name: bindparam(f"new_{name}") for name in changed}),
            old,
        )
    _record_instances(connection, day, listing.studies)
    raise_priorities(connection, day)


def raise_priorities(connection: Connection, day: date, study_uid: str | None = None) -> int:
    """Give the studies that are here the urgency of their request, and return to how many.

    A priority is never lowered: another list, or a person, may have had a reason.

    Args:
        connection: in the caller's transaction.
        day: whose list says how urgent they are.
        study_uid: this study alone.
    """
    study, listed = schema.study.c, worklist_study.c
    mine = () if study_uid is None else (listed.study_uid == study_uid,)
    on_it = select(listed.study_uid).where(listed.day == day, *mine)
    asked = (
        select(listed.priority)
        .where(listed.study_uid == study.study_uid, listed.day == day)
        .scalar_subquery()
    )
    raised = (study.study_uid.in_(on_it), study.priority < asked)
    return connection.execute(update(schema.study).where(*raised).values(priority=asked)).rowcount


def films_here(connection: Connection, day: date) -> set[str]:
    """Return which of the films that are named for a day are here, by SOP Instance UID."""
    named, listed, film = worklist_instance.c, worklist_study.c, schema.instance.c
    rows = connection.scalars(
        select(named.sop_instance_uid)
        .join(worklist_study, listed.id == named.worklist_study_id)
        .where(
            listed.day == day,
            exists().where(film.sop_instance_uid == named.sop_instance_uid),
        )
    )
    return set(rows)


def note_pull(connection: Connection, day: date, study_uid: str, *, failure: str | None) -> None:
    """Note that a study was pulled, or why not; its urgency is that of its request at once."""
    table = worklist_study.c
    connection.execute(
        update(worklist_study)
        .where(table.day == day, table.study_uid == study_uid)
        .values(pulls=table.pulls + 1, failure=failure)
    )
    raise_priorities(connection, day, study_uid)


def _known(connection: Connection, day: date) -> dict[str, tuple[int, bool, int]]:
    table = worklist_study.c
    rows = connection.execute(
        select(table.study_uid, table.priority, table.wanted, table.instances).where(
            table.day == day
        )
    )
    return {uid: (priority, wanted, count) for uid, priority, wanted, count in rows}


def _row(
    day: date,
    study: ExpectedStudy,
    urgencies: Mapping[str, Urgency],
    known: Mapping[str, tuple[int, bool, int]],
) -> dict[str, object]:
    lowest = (int(Urgency.LOW), False, 0)
    priority, wanted, count = known.get(study.study_uid, lowest)
    is_wanted = wanted or bool(study.series)
    return {
        "day": day,
        "study_uid": study.study_uid,
        "priority": max(priority, urgencies.get(study.study_uid, Urgency.ROUTINE)),
        "wanted": is_wanted,
        "left_out": None if is_wanted else study.left_out,
        "instances": max(count, study.count),
    }


def _record_instances(connection: Connection, day: date, studies: Iterable[ExpectedStudy]) -> None:
    listed, named = worklist_study.c, worklist_instance.c
    listing = select(listed.study_uid, listed.id).where(listed.day == day)
    numbers = {row.study_uid: row.id for row in connection.execute(listing)}
    mine = select(named.worklist_study_id, named.sop_instance_uid).where(
        named.worklist_study_id.in_(select(listed.id).where(listed.day == day))
    )
    there = {(number, uid) for number, uid in connection.execute(mine)}
    wanted = {
        (numbers[study.study_uid], uid)
        for study in studies
        for series in study.series
        for uid in series.instances
    }
    if new := sorted(wanted - there):
        names = ("worklist_study_id", "sop_instance_uid")
        rows = [dict(zip(names, pair, strict=True)) for pair in new]
        connection.execute(insert(worklist_instance), rows)
