"""``triage report`` on both engines, as a person and a spreadsheet read it."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, update

from tests.builders.clock import NOON
from tests.builders.command import Command
from tests.builders.days import write_days
from tests.builders.studies import STUDY, posted, receipt, receive
from triage.cli.tables import Format
from triage.database import schema
from triage.database.calendar import current_rule
from triage.database.questions import REPORTS

SINCE = ("--since", "2026-01-01")
HOSTILE = '=HYPERLINK("http://10.0.0.1","x")'


@pytest.fixture
def worked(database: Engine) -> Engine:
    """A database in which one study was assessed on 2026-01-05."""
    with database.begin() as connection:
        posted(connection, now=NOON)
    return database


def name_the_device(engine: Engine, device: str) -> None:
    """Let the one film come from a device of this name."""
    with engine.begin() as connection:
        connection.execute(update(schema.instance).values(device=device))


def test_without_a_name_all_reports_are_listed(command: Command) -> None:
    shown = command.text("report")

    assert [line.split()[0] for line in shown.splitlines()] == list(REPORTS)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_printed_in_every_format(
    command: Command, worked: Engine, name: str, form: Format
) -> None:
    assert worked
    assert command.text("report", name, *SINCE, "--format", form)


def test_a_table_has_a_line_for_each_row_under_its_columns(
    command: Command, worked: Engine
) -> None:
    assert worked
    head, row = command.text("report", "worklist", *SINCE).splitlines()

    assert head.split()[:3] == ["study_uid", "state", "priority"]
    assert row.split()[:4] == [STUDY, "ASSESSED", "0", "flagged"]


def test_json_keeps_numbers_as_numbers(command: Command, worked: Engine) -> None:
    assert worked
    (row,) = json.loads(command.text("report", "worklist", *SINCE, "--format", "json"))

    assert (row["probability"], row["first_received_at"]) == (0.9, "2026-01-05 12:00:00")


def test_the_last_thirty_days_are_reported_unless_told(command: Command, worked: Engine) -> None:
    with worked.begin() as connection:
        long_ago, lately = (datetime.now(UTC) - timedelta(days=days) for days in (31, 29))
        posted_at(connection, "2.25.8", long_ago)
        posted_at(connection, "2.25.9", lately)

    shown = command.text("report", "worklist")

    assert "2.25.9" in shown
    assert "2.25.8" not in shown


def test_days_are_those_of_the_sites_zone(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        posted_at(connection, "2.25.9", datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    write_days(database, zone="Europe/Berlin")

    (row,) = json.loads(command.text("report", "daily-volume", *SINCE, "--format", "json"))

    assert row["day"] == "2026-01-06"
    assert "Europe/Berlin; 1 rows" in command.text(
        "report", "daily-volume", *SINCE, "--format", "html"
    )


def test_the_schema_is_brought_with_the_days_of_the_settings(
    command: Command, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_REPORTS__TIME_ZONE", "Asia/Tokyo")

    command.text("database", "upgrade")

    with database.begin() as connection:
        assert current_rule(connection).zone.key == "Asia/Tokyo"


def test_a_formula_in_a_device_is_text_to_a_spreadsheet(command: Command, worked: Engine) -> None:
    name_the_device(worked, HOSTILE)

    shown = command.text("report", "flag-rate", *SINCE, "--format", "csv")

    (row,) = csv.DictReader(io.StringIO(shown))
    assert row["device"] == f"'{HOSTILE}"


def test_a_name_that_would_move_the_cursor_does_not(command: Command, worked: Engine) -> None:
    name_the_device(worked, "A\x1b[2J\nB")

    shown = command.text("report", "flag-rate", *SINCE)

    assert "A?[2J?B" in shown


def test_html_in_a_device_is_text_on_the_page(command: Command, worked: Engine) -> None:
    name_the_device(worked, "<script>alert(1)</script>")

    shown = command.text("report", "flag-rate", *SINCE, "--format", "html")

    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_sql_in_a_device_is_a_device(command: Command, worked: Engine) -> None:
    name_the_device(worked, "'; DROP TABLE study; --")

    assert "'; DROP TABLE study; --" in command.text("report", "flag-rate", *SINCE)
    assert STUDY in command.text("report", "worklist", *SINCE)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nightly",), "NAME nightly: one of worklist, daily-volume"),
        (("worklist; DROP TABLE study",), "NAME worklist; DROP TABLE study: one of"),
        (("worklist", "--since", "yesterday"), "'--since': yesterday: a day of the calendar, such"),
        (("worklist", "--since", "2026-02-30"), "2026-02-30"),
        (("worklist", "--format", "pdf"), "pdf"),
    ],
)
def test_a_wrong_word_is_named(command: Command, arguments: tuple[str, ...], told: str) -> None:
    assert command.code("report", *arguments) == 64
    assert told in command.captured.readouterr().err


@pytest.mark.parametrize(
    ("form", "told"),
    [(Format.TABLE, True), (Format.HTML, True), (Format.CSV, False), (Format.JSON, False)],
)
@pytest.mark.parametrize("name", ["deliveries", "dead-studies", "agreement"])
def test_that_there_is_nothing_is_said_to_people_alone(
    command: Command, database: Engine, name: str, form: Format, told: bool
) -> None:
    assert database
    assert ("no rows" in command.text("report", name, *SINCE, "--format", form)) is told


def test_a_report_does_not_wait_for_who_writes(command: Command, worked: Engine) -> None:
    with worked.begin() as writer:
        writer.execute(update(schema.study).values(priority=1))

        assert STUDY in command.text("report", "worklist", *SINCE)


def posted_at(connection: Connection, study: str, at: datetime) -> None:
    """Receive a film of a study at some time."""
    receive(connection, receipt(f"{study}.1", study=study), now=at)
