"""Sums by day that are not right any more."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, select

from triage.database import reporting_schema as reporting


def forget(connection: Connection, *, since: datetime) -> None:
    """Forget the sums from the day of this moment on, where there are any; they are made again.

    The days go first: whoever sums one up locks their table, and nobody waits for the other.
    """
    name = connection.execute(select(reporting.reporting_rule.c.time_zone)).scalar_one()
    day = since.astimezone(ZoneInfo(name)).date()
    for sums in (reporting.rolled_day, reporting.score_day):
        connection.execute(delete(sums).where(sums.c.day >= day))
