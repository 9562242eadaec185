"""Sums by day on both engines: every report says the same before and after."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, select, text

from tests.benchmarks.history import fill
from tests.builders.clock import NOON
from triage.database import reporting_schema as reporting
from triage.database.questions import REPORTS
from triage.database.roll_up import roll_up_next
from triage.database.statistics import ask

LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def months(connection: Connection) -> Connection:
    """Three years of few studies, up to noon."""
    fill(connection, 500, until=NOON)
    return connection


def roll_up_all(connection: Connection) -> list[date]:
    """Roll up until no day is left."""
    days = []
    while (day := roll_up_next(connection, now=NOON)) is not None:
        days.append(day)
    return days


def rounded(connection: Connection, name: str) -> list[tuple[object, ...]]:
    """Answer for all days; sums of floats depend on their order in the last place."""
    rows = ask(connection, REPORTS[name], since=LONG_AGO).rows
    return [tuple(round(c, 9) if isinstance(c, float) else c for c in row) for row in rows]


@pytest.mark.parametrize("name", ["findings", "model-versions", "score-drift"])
def test_a_report_says_the_same_of_days_that_are_rolled_up(months: Connection, name: str) -> None:
    before = rounded(months, name)
    days = roll_up_all(months)

    assert len(days) > 50
    assert before == rounded(months, name) != []


def test_a_day_is_rolled_up_once(months: Connection) -> None:
    days = roll_up_all(months)

    assert sorted(set(days)) == days
    assert roll_up_next(months, now=NOON) is None


def test_the_day_itself_waits_until_it_is_over(months: Connection) -> None:
    assert NOON.date() not in roll_up_all(months)
    assert roll_up_next(months, now=NOON + timedelta(hours=12, minutes=59)) is None
    assert roll_up_next(months, now=NOON + timedelta(hours=13)) == NOON.date()


def test_what_is_rolled_up_is_not_counted_from_the_findings(months: Connection) -> None:
    roll_up_all(months)
    roll_up_next(months, now=NOON + timedelta(days=2))

    assert months.execute(text("SELECT * FROM report_scores_live")).all() == []
    assert months.execute(select(reporting.score_day)).all() != []


def test_an_empty_database_has_nothing_to_roll_up(connection: Connection) -> None:
    assert roll_up_next(connection, now=NOON) is None
