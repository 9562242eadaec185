"""Reports of a month walk the index of its days on both engines, among years of studies."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from tests.benchmarks.history import fill
from tests.builders.clock import NOON
from triage.database.calendar import add_days
from triage.database.questions import REPORTS
from triage.database.statement import look

STUDIES = 3000
DEAD_AMONG = 5001
"""Studies of which one was given up."""
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
INDEXES = {
    "worklist": {"ix_study_"},
    "daily-volume": {"ix_instance_day"},
    "flag-rate": {"ix_assessment_day", "ix_finding_flagged"},
    "findings": {"ix_assessment_day"},
    "turn-round": {"ix_assessment_day"},
    "refusals": {"ix_instance_day", "ix_door_event_"},
    "deliveries": {"ix_instance_day"},
    "retries": {"ix_study_"},
    "to-remove": {"ix_correction_day"},
    "dead-studies": {"ix_study_"},  # by the day or by the state, whichever finds fewer
    "model-versions": {"ix_assessment_day"},
    "score-drift": {"ix_assessment_"},  # by the month, or by the last day that was rolled up
    "agreement": {"ix_reads_day"},
    "disagreements": {"ix_reads_day"},
}
SCANNED = tuple(
    f"SCAN {name}" for name in ("word", "study", "film", "said", "sent", "finding", "fix")
)


@pytest.fixture
def years(connection: Connection) -> Connection:
    """Three years of studies."""
    fill(connection, STUDIES, until=NOON)
    knocks = text(
        "INSERT INTO door_event (at, listener, calling_ae_title, host, sentence)"
        " SELECT first_received_at, 'listener-1', 'CR9', '10.0.0.9', 'not allowed' FROM study"
    )
    words = text(
        "INSERT INTO reads (study_id, label, reader, read_at, answer, imported_at, actor)"
        " SELECT id, 'tumour', 'A', last_received_at, 'present', last_received_at, 'x' FROM study"
    )
    connection.execute(knocks)
    corrections = text(
        "INSERT INTO correction (instance_id, by_instance_id, at)"
        " SELECT id, id + 1, received_at FROM instance"
        " WHERE id < (SELECT MAX(id) FROM instance)"
        " AND id NOT IN (SELECT instance_id FROM correction)"
    )
    connection.execute(corrections)
    connection.execute(text("DELETE FROM calendar_day WHERE day > '2026-02-14'"))
    connection.execute(words)
    connection.execute(text("ANALYZE"))
    if connection.dialect.name == "postgresql":  # so few rows it reads whole, and is right
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    return connection


def plan(connection: Connection, name: str) -> str:
    """Return how a report of a month is made."""
    report = REPORTS[name]
    days = report.first_days((NOON - timedelta(days=20)).date())
    on_sqlite = connection.dialect.name == "sqlite"
    values = [day.isoformat() for day in days] if on_sqlite else days
    rows = look(connection, EXPLAIN[connection.dialect.name] + report.sql, values)
    return "\n".join(str(row[-1]) for row in rows)


def test_a_month_is_found_by_an_index(years: Connection) -> None:
    for name, indexes in INDEXES.items():
        told = plan(years, name)

        assert [index for index in indexes if index not in told] == [], name


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sqlite_hands_the_first_day_down_to_every_table(years: Connection) -> None:
    for name in REPORTS:
        told = plan(years, name)

        assert [table for table in SCANNED if table in told] == [], name


def test_a_missing_index_would_be_noticed(years: Connection) -> None:
    years.execute(text("DROP INDEX ix_assessment_day"))

    assert "ix_assessment_day" not in plan(years, "findings")


def test_every_report_has_its_index() -> None:
    assert INDEXES.keys() == REPORTS.keys()


def test_a_reading_list_reads_the_studies_of_its_days_alone(years: Connection) -> None:
    on_sqlite = years.dialect.name == "sqlite"
    day = NOON.date()
    asked = "SELECT * FROM report_reading_list WHERE day = ? ORDER BY place"

    rows = look(years, EXPLAIN[years.dialect.name] + asked, [str(day) if on_sqlite else day])

    told = "\n".join(str(row[-1]) for row in rows)
    assert "ix_instance_day" in told
    assert "ix_assessment_day" in told
    assert not [table for table in SCANNED if table in told]


def test_statistics_of_no_days_hide_no_row(connection: Connection) -> None:
    """SQLite believed that there are many days then, and put a filter before their studies."""
    connection.execute(text("DELETE FROM calendar_day"))
    fill(connection, DEAD_AMONG, until=NOON)
    add_days(connection, now=NOON)

    told = connection.scalar(text("SELECT SUM(times) FROM report_refusals WHERE what = 'film'"))
    given_up = connection.scalar(text("SELECT COUNT(*) FROM report_dead_studies"))

    assert (told, given_up) == (DEAD_AMONG // 10, 1)
