"""The reports beside what the migrations made, what is documented, and who may read them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect, literal_column, select, table, text

from tests.builders.clock import NOON
from tests.builders.postgresql import TEMPLATE, PostgreSQL
from tests.builders.studies import STUDY, posted
from triage.cli.reading_list import list_text, listed_on
from triage.cli.tables import Format
from triage.database.engine import DatabaseError, open_engine
from triage.database.migrate import require_newest
from triage.database.questions import REPORTS
from triage.database.statistics import Report
from triage.settings import Settings

ROOT = Path(__file__).parents[2]
OF_USE_TO_OTHERS = {
    *("report_films", "report_reads", "report_score_histogram"),
    *("report_scores", "report_scores_live", "report_reading_list", "report_rule"),
}


def test_every_view_is_a_report_or_counted_by_one(database: Engine) -> None:
    made = set(inspect(database).get_view_names())

    assert made == {report.view for report in REPORTS.values()} | OF_USE_TO_OTHERS


def test_every_report_is_documented_with_an_example() -> None:
    told = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")

    assert [name for name in REPORTS if f"$ triage report {name}" not in told] == []


@pytest.fixture
def owned(postgresql: PostgreSQL) -> Iterator[Connection]:
    """A PostgreSQL database with a row of every kind, in which the reporting role was made."""
    with postgresql.copy(template=TEMPLATE) as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            posted(connection, now=NOON)
            role = (ROOT / "deploy" / "reporting_role.sql").read_text(encoding="utf-8")
            for _ in range(2):  # it may be run again
                connection.exec_driver_sql(role.replace("%", "%%"))
        with engine.begin() as connection:
            yield connection
            connection.rollback()
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP OWNED BY triage_report")
            connection.exec_driver_sql("DROP ROLE triage_report")
        engine.dispose()


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_reporting_role_may_read_every_view(owned: Connection, report: Report) -> None:
    owned.execute(text("SET ROLE triage_report"))

    owned.execute(select(literal_column("*")).select_from(table(report.view)))


@pytest.mark.parametrize("view", sorted(OF_USE_TO_OTHERS))
def test_the_reporting_role_may_read_what_others_make_use_of(owned: Connection, view: str) -> None:
    owned.execute(text("SET ROLE triage_report"))

    owned.execute(select(literal_column("*")).select_from(table(view)))


def test_the_reporting_role_may_ask_whether_the_schema_is_the_programs(owned: Connection) -> None:
    owned.execute(text("SET ROLE triage_report"))

    require_newest(owned)


@pytest.mark.parametrize("form", [Format.TABLE, Format.CSV, Format.JSON])
def test_the_reporting_role_gets_the_reading_list(owned: Connection, form: Format) -> None:
    owned.execute(text("SET ROLE triage_report"))

    listed = listed_on(owned, NOON.date())
    assert STUDY in list_text(owned, listed, Settings(), form=form, patients=False)


def test_the_films_of_a_list_are_not_for_the_reporting_role(owned: Connection) -> None:
    owned.execute(text("SET ROLE triage_report"))

    with pytest.raises(DatabaseError, match="permission denied"):
        list_text(
            owned, listed_on(owned, NOON.date()), Settings(), form=Format.HTML, patients=False
        )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM study",
        "UPDATE alembic_version SET version_num = '0001'",
        "SELECT * FROM event",
        "SELECT * FROM identity",
        "SELECT * FROM reads",
        "UPDATE study SET priority = 9",
        "DELETE FROM report_films",
        "CREATE TABLE mine (id integer)",
    ],
)
def test_the_reporting_role_may_do_nothing_else(owned: Connection, statement: str) -> None:
    owned.execute(text("SET ROLE triage_report"))

    with pytest.raises(DatabaseError, match=r"permission denied|cannot delete"):
        owned.execute(text(statement))


def test_the_owner_may(owned: Connection) -> None:
    assert owned.execute(text("SELECT study_uid FROM study")).one()
