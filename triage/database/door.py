"""The door's book: who was turned away, why, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from triage.database import schema
from triage.domain.door import DoorCode, Refused


@dataclass(frozen=True, slots=True)
class Knock:
    """All entries alike: one caller, turned away for one reason, between two times."""

    calling_ae_title: str
    called_ae_title: str
    host: str
    code: DoorCode
    sentence: str
    times: int
    first_at: datetime
    last_at: datetime


def record_refusals(
    connection: Connection, entries: Sequence[Refused], *, listener: str, now: datetime
) -> None:
    """Note that instances, or without a status associations, were turned away."""
    rows = [
        {
            "at": now,
            "listener": listener,
            "code": refused.code,
            "calling_ae_title": refused.calling_ae_title,
            "called_ae_title": refused.called_ae_title,
            "host": refused.host,
            "status": refused.status,
            "sentence": refused.sentence,
            "times": refused.times,
        }
        for refused in entries
    ]
    connection.execute(insert(schema.door_event), rows)


def turned_away(connection: Connection, *, since: datetime, most: int) -> Sequence[Knock]:
    """Return who was given no association since then, of too many the latest.

    Args:
        connection: in the caller's transaction.
        since: entries that are older are left out.
        most: return no more than so many.

    Returns:
        The latest first. Instances that were refused are left out: their sender is known.
    """
    entry = schema.door_event.c
    alike = (
        entry.calling_ae_title,
        entry.called_ae_title,
        entry.host,
        entry.code,
        entry.sentence,
    )
    last_at = func.max(entry.at)
    rows = connection.execute(
        select(*alike, func.sum(entry.times), func.min(entry.at), last_at)
        .where(entry.at > since, entry.status.is_(None))
        .group_by(*alike)
        .order_by(last_at.desc(), *alike)
        .limit(most)
    )
    return [
        Knock(calling, called, host, DoorCode(code), sentence, int(times), first, last)
        for calling, called, host, code, sentence, times, first, last in rows
    ]
