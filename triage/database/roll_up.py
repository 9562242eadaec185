"""Sums of the scores by day, so that a report of years reads a few rows for each day.

The views count days that are rolled up from here and the others from the findings, so that a
report says the same before and after.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Date, Engine, column, func, insert, select, table, text

from triage.database import reporting_schema as reporting
from triage.database.calendar import current_rule
from triage.database.engine import database_time
from triage.database.sums import forget

SETTLED = timedelta(hours=1)
"""An assessment bears the time at which its writing began, and is in sight a moment later."""

_NAMES = [column.name for column in reporting.score_day.c]
_LIVE = table("report_scores_live", column("day", Date), *(column(name) for name in _NAMES[1:]))


def roll_up(engine: Engine) -> int:
    """Sum up every day that is over, each in a transaction of its own; return how many.

    It may be broken off and run again, and by several hosts at once.
    """
    days = 0
    while True:
        with engine.begin() as connection:
            if roll_up_next(connection, now=database_time(connection)) is None:
                return days
        days += 1


def roll_up_next(connection: Connection, *, now: datetime) -> date | None:
    """Sum up the first day with assessments that is over and not summed up, and return it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE rolled_day IN EXCLUSIVE MODE"))
    zone = current_rule(connection).zone
    day = _next_day(connection, before=(now - SETTLED).astimezone(zone).date())
    if day is None:
        return None
    sums = select(*_LIVE.c).where(_LIVE.c.day == day)
    connection.execute(insert(reporting.score_day).from_select(_NAMES, sums))
    connection.execute(insert(reporting.rolled_day).values(day=day))
    return day


def forget_to_come(connection: Connection, *, now: datetime) -> int:
    """Forget the sums of days that are not over, made by a clock that was fast; return how many."""
    return forget(connection, since=now - SETTLED)


def _next_day(connection: Connection, *, before: date) -> date | None:
    """Find it by the index of the days: the first assessment after the last day summed up."""
    film = table("report_films", column("day", Date))
    last = connection.scalar(select(func.max(reporting.rolled_day.c.day)))
    found = select(film.c.day).where(film.c.day < before).order_by(film.c.day).limit(1)
    return connection.scalar(found if last is None else found.where(film.c.day > last))
