"""Sums by day that are not right any more."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, select

from triage.database import reporting_schema as reporting


def forget(connection: Connection, *, since: datetime) -> int:
    """Forget the sums from the day of this moment on; return of how many. They are made again.

    The days go first: whoever sums one up locks their table, and nobody waits for the other.
    """
    name = connection.execute(select(reporting.reporting_rule.c.time_zone)).scalar_one()
    day = since.astimezone(ZoneInfo(name)).date()
    rolled, scores = reporting.rolled_day, reporting.score_day
    days = connection.execute(delete(rolled).where(rolled.c.day >= day)).rowcount
    connection.execute(delete(scores).where(scores.c.day >= day))
    return days
