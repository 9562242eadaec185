"""Days for databases in which rows of many times are written."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from triage.database import calendar

FIRST = datetime(2022, 6, 1, tzinfo=UTC)


def write_days(engine: Engine, *, zone: str = "UTC", maximum_wait_h: float = 24.0) -> None:
    """Write the days of a zone from before all rows of tests until after them."""
    rule = calendar.Rule(ZoneInfo(zone), timedelta(hours=maximum_wait_h))
    with engine.begin() as connection:
        calendar.set_rule(connection, rule, now=FIRST)
        calendar.add_days(connection, now=max(datetime.now(UTC), datetime(2026, 2, 1, tzinfo=UTC)))
