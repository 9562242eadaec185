"""Sums by day that are forgotten, on both engines."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from tests.builders.clock import NOON
from tests.builders.studies import posted
from triage.database import reporting_schema as reporting
from triage.database.calendar import Rule, set_rule
from triage.database.roll_up import roll_up_next
from triage.database.sums import forget

EVENING = datetime(2026, 1, 6, 3, tzinfo=UTC)
"""In New York it is still the fifth."""


def summed_up(connection: Connection) -> list[date]:
    days = list(connection.scalars(select(reporting.rolled_day.c.day)))
    assert bool(days) == bool(connection.execute(select(reporting.score_day)).all())
    return days


@pytest.mark.parametrize(("since", "kept"), [(NOON, False), (NOON + timedelta(days=1), True)])
def test_the_sums_of_a_day_and_of_all_later_ones_are_forgotten(
    connection: Connection, since: datetime, kept: bool
) -> None:
    posted(connection, now=NOON)
    roll_up_next(connection, now=NOON + timedelta(days=2))

    forget(connection, since=since)

    assert summed_up(connection) == [NOON.date()] * kept


def test_the_day_is_that_of_the_sites_clocks(connection: Connection) -> None:
    set_rule(connection, Rule(ZoneInfo("America/New_York"), timedelta(days=1)), now=NOON)
    posted(connection, now=EVENING)
    assert roll_up_next(connection, now=EVENING + timedelta(days=2)) == date(2026, 1, 5)

    forget(connection, since=EVENING)

    assert summed_up(connection) == []
