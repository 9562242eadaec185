"""Engines that behave alike."""

import math
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

from tests.builders.clock import Clock
from tests.builders.postgresql import TEMPLATE, PostgreSQL
from tests.builders.studies import receipt, receive, state_of
from triage.database.engine import (
    UNHURRIED,
    DatabaseError,
    database_time,
    existing_engine,
    open_engine,
    reading_engine,
    supply_logarithm,
)
from triage.database.migrate import upgrade
from triage.domain.errors import ConfigurationError


def test_the_databases_time_is_aware_and_now(database: Engine) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)

    with database.begin() as connection:
        moment = database_time(connection)

    assert before < moment < before + timedelta(seconds=60)
    assert moment.tzinfo is UTC


def test_the_databases_time_goes_on_within_a_transaction(database: Engine) -> None:
    with database.begin() as connection:
        first = database_time(connection)
        moments = (database_time(connection) for _ in range(10_000))

        assert any(moment > first for moment in moments)


def test_what_was_not_committed_is_not_there(database: Engine, clock: Clock) -> None:
    with database.connect() as connection:
        receive(connection, receipt(), now=clock.now)

    with database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM study")) == 0


def test_what_was_committed_is_there_for_another_engine(
    database: Engine, database_url: str, clock: Clock
) -> None:
    with database.begin() as connection:
        receive(connection, receipt(), now=clock.now)

    other = existing_engine(database_url)
    with other.begin() as connection:
        state = state_of(connection)
    other.dispose()
    assert state == "RECEIVING"


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", UNHURRIED.turn_s * 1000),
    ],
)
def test_sqlite_survives_a_power_cut_and_waits_for_its_turn(
    tmp_path: Path, pragma: str, value: object
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'triage.sqlite3'}")

    with engine.begin() as connection:
        found = connection.scalar(text(f"PRAGMA {pragma}"))

    engine.dispose()
    assert found == value


def synchronous_commit(engine: Engine) -> str:
    with engine.begin() as connection:
        level = str(connection.scalar(text("SHOW synchronous_commit")))
    engine.dispose()
    return level


@pytest.fixture
def hasty_url(postgresql: PostgreSQL) -> Iterator[str]:
    """The URL of a database that says a commit is durable before it is."""
    with postgresql.copy(template=TEMPLATE) as url:
        postgresql.run(f"ALTER DATABASE {make_url(url).database} SET synchronous_commit = off")
        yield url


def test_a_commit_waits_for_the_disk_whatever_the_site_has_chosen(hasty_url: str) -> None:
    assert synchronous_commit(open_engine(hasty_url)) == "on"


def test_without_our_preparation_a_commit_would_not_wait(hasty_url: str) -> None:
    url = make_url(hasty_url).set(drivername="postgresql+psycopg")

    assert synchronous_commit(create_engine(url)) == "off"


def test_a_connection_that_rolls_back_waits_for_the_disk_still(hasty_url: str) -> None:
    engine = open_engine(hasty_url)
    with engine.connect() as connection:
        connection.rollback()

    assert synchronous_commit(engine) == "on"


@pytest.mark.parametrize("level", ["local", "remote_write", "remote_apply", "on"])
def test_a_level_that_waits_for_our_disk_is_left(postgresql: PostgreSQL, level: str) -> None:
    with postgresql.copy(template=TEMPLATE) as url:
        postgresql.run(f"ALTER DATABASE {make_url(url).database} SET synchronous_commit = {level}")

        assert synchronous_commit(open_engine(url)) == level


@pytest.mark.parametrize(("chosen", "used"), [("4", "1.1"), ("2", "2")])
def test_a_look_by_an_index_is_cheap_unless_the_site_has_chosen(
    postgresql: PostgreSQL, chosen: str, used: str
) -> None:
    with postgresql.copy(template=TEMPLATE) as url:
        postgresql.run(f"ALTER DATABASE {make_url(url).database} SET random_page_cost = {chosen}")
        engine = open_engine(url)
        with engine.begin() as connection:
            told = [
                str(connection.scalar(text(f"SHOW {name}"))) for name in ("random_page_cost", "jit")
            ]
        engine.dispose()

    assert told == [used, "off"]


def test_a_reading_engine_neither_writes_nor_waits(database: Engine, database_url: str) -> None:
    engine = reading_engine(database_url)

    with database.begin() as writing, engine.connect() as connection:
        writing.execute(text("DELETE FROM move"))
        assert connection.scalar(text("SELECT COUNT(*) FROM move")) > 0
        with pytest.raises(DatabaseError):
            connection.execute(text("DELETE FROM move"))
    engine.dispose()


def test_another_product_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="names mysql: sqlite or postgresql"):
        open_engine("mysql://host/triage")


def test_what_is_no_url_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigurationError, match="is not a URL") as refusal:
        open_engine("secret@nowhere")

    assert "secret" not in str(refusal.value)


def test_a_database_that_no_daemon_has_made_is_not_made_empty(tmp_path: Path) -> None:
    file = tmp_path / "triage.sqlite3"

    with pytest.raises(ConfigurationError, match="no daemon has run here yet"):
        existing_engine(f"sqlite:///{file}")

    assert not file.exists()


def without_logarithm(connection: sqlite3.Connection) -> None:
    """Take the logarithm away, as where SQLite was built without mathematical functions."""

    def refuse(_value: float) -> float:
        raise ValueError

    connection.create_function("ln", 1, refuse)


def test_a_sqlite_without_a_logarithm_is_given_one() -> None:
    connection = sqlite3.connect(":memory:")
    without_logarithm(connection)
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("SELECT ln(2.0)")

    supply_logarithm(connection)

    assert connection.execute("SELECT ln(2.0)").fetchone()[0] == pytest.approx(math.log(2))
    connection.close()


def test_the_views_work_on_a_sqlite_without_a_logarithm(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'triage.sqlite3'}")
    event.listen(engine, "connect", lambda raw, _: without_logarithm(raw), insert=True)
    upgrade(engine)

    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT LN(1)").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT * FROM report_score_drift").all() == []
    engine.dispose()
