"""Migrations on both engines."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, func, inspect, select, text

from tests.builders.clock import Clock
from tests.builders.studies import posted
from triage.database import migrate, schema
from triage.database.engine import open_engine
from triage.database.moves import ALLOWED
from triage.domain.errors import ConfigurationError, UnavailableError

HEAD = "0001"


@pytest.fixture
def empty(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def compared(_object: object, name: str | None, *_: object) -> bool:
    """SQLite does not tell that an index descends; ``test_plans`` sees that this one is used."""
    return name != "ix_study_queue"


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_object": compared})
    return [change[0] for change in compare_metadata(context, schema.metadata)]


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_an_empty_database_is_brought_to_the_newest_schema(empty: Engine) -> None:
    revision = migrate.upgrade(empty)

    assert revision == HEAD
    assert tables(empty) == set(schema.metadata.tables)


def test_an_upgrade_of_the_newest_schema_changes_nothing(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    migrate.upgrade(database)

    with database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.event)) == 7


def test_a_database_with_rows_goes_down_and_up_again(database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    migrate.downgrade(database, revision="base")

    assert tables(database) == set()
    assert migrate.upgrade(database) == HEAD
    with database.begin() as connection:
        posted(connection, now=clock.now)


def test_the_migrations_make_what_the_schema_says(connection: Connection) -> None:
    assert differences(connection) == []


def test_a_difference_from_the_schema_is_noticed(connection: Connection) -> None:
    connection.execute(text("DROP INDEX ix_instance_digest"))

    assert differences(connection) == ["add_index"]


def test_the_allowed_moves_are_those_of_the_program(connection: Connection) -> None:
    moves = {tuple(row) for row in connection.execute(select(schema.move))}

    assert moves == {
        (kind, start, end)
        for kind, table in ALLOWED.items()
        for start, ends in table.items()
        for end in ends
    }


def test_a_newer_schema_is_refused(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationError, match="9999 is newer than this program"):
        migrate.upgrade(database)


def break_off(*arguments: object) -> None:
    if "CREATE TRIGGER" in str(arguments[2]):
        raise KeyboardInterrupt


def test_an_upgrade_that_broke_off_leaves_nothing(empty: Engine) -> None:
    event.listen(empty, "before_cursor_execute", break_off)

    with pytest.raises(KeyboardInterrupt):
        migrate.upgrade(empty)

    assert tables(empty) == set()


def test_an_upgrade_that_broke_off_can_be_run_again(empty: Engine) -> None:
    event.listen(empty, "before_cursor_execute", break_off)
    with pytest.raises(KeyboardInterrupt):
        migrate.upgrade(empty)
    event.remove(empty, "before_cursor_execute", break_off)

    assert migrate.upgrade(empty) == HEAD


def test_a_database_that_is_out_of_reach_is_unavailable() -> None:
    engine = open_engine("postgresql://nobody@127.0.0.1:9/nothing")

    with pytest.raises(UnavailableError, match="database: OperationalError at opening"):
        migrate.upgrade(engine)
