"""What the schema lacks is named, on both engines."""

import pytest
from sqlalchemy import Connection, text

from triage.database.drift import drift

LACKS = {
    "column instance.device": "ALTER TABLE instance RENAME COLUMN device TO machine",
    "index ix_instance_digest": "DROP INDEX ix_instance_digest",
    "column report_retries.day": "DROP VIEW report_retries",
    "constraint ck_finding_probability": "DROP TABLE finding",
}


def subjects(connection: Connection) -> list[str]:
    return [problem.subject for problem in drift(connection)]


def test_the_newest_schema_lacks_nothing(connection: Connection) -> None:
    assert subjects(connection) == []


def test_what_a_site_has_added_is_its_own(connection: Connection) -> None:
    connection.execute(text("CREATE VIEW of_the_site AS SELECT 1 AS one"))

    assert subjects(connection) == []


@pytest.mark.parametrize("subject", LACKS)
def test_what_is_missing_is_named(connection: Connection, subject: str) -> None:
    cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
    dropped = LACKS[subject].startswith("DROP TABLE")
    connection.execute(text(LACKS[subject] + (cascade if dropped else "")))

    assert subject in subjects(connection)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_view_that_says_something_else_is_named(connection: Connection) -> None:
    connection.execute(text("DROP VIEW report_retries"))
    connection.execute(
        text(
            "CREATE VIEW report_retries AS SELECT 1 AS day, 1 AS studies, 1 AS retried,"
            " 1 AS failures, 1 AS worker_deaths, 1 AS dead"
        )
    )

    assert subjects(connection) == ["view report_retries"]


def test_a_trigger_that_is_gone_is_named(connection: Connection) -> None:
    on = " ON event" if connection.dialect.name == "postgresql" else ""
    connection.execute(text(f"DROP TRIGGER event_append_only_update{on}"))

    assert subjects(connection) == ["trigger event_append_only_update"]


def test_an_older_schema_is_named_alone(connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    assert subjects(connection) == ["schema"]
