"""Damage to the database itself is found."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from tests.builders.clock import NOON, Clock
from tests.builders.postgresql import TEMPLATE, PostgreSQL
from tests.builders.studies import posted, queued, receipt
from triage.database.engine import DatabaseError, open_engine, reading_engine
from triage.database.soundness import damage
from triage.domain.problem import ProblemCode

MANY = 300
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])
ON_POSTGRESQL = pytest.mark.parametrize("backend", ["postgresql"])


def codes(connection: Connection) -> list[ProblemCode]:
    return [problem.code for problem in damage(connection)]


def test_a_sound_database_has_no_damage(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    assert codes(connection) == []


@pytest.fixture
def keyless(connection: Connection, backend: str) -> Connection:
    """A database that has let a key slip: on SQLite they are asked for only when told so."""
    if backend == "postgresql":
        connection.execute(text("ALTER TABLE instance DROP CONSTRAINT fk_instance_study_id"))
    else:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    return connection


def test_a_row_that_names_none_is_found(keyless: Connection, clock: Clock) -> None:
    queued(keyless, now=clock.now)
    keyless.execute(text("UPDATE instance SET study_id = 4711"))

    assert codes(keyless) == [ProblemCode.KEY]


@ON_POSTGRESQL
def test_a_key_that_is_there_twice_is_found(connection: Connection, clock: Clock) -> None:
    queued(connection, receipt("2.25.1"), receipt("2.25.2"), now=clock.now)
    connection.execute(
        text("ALTER TABLE instance DROP CONSTRAINT uq_instance_sop_instance_uid_digest")
    )
    connection.execute(text("UPDATE instance SET sop_instance_uid = '2.25.1', digest = 'same'"))

    assert codes(connection) == [ProblemCode.KEY]


@ON_POSTGRESQL
def test_an_index_that_is_not_valid_is_found(connection: Connection) -> None:
    connection.execute(
        text(
            "UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = CAST('ix_study_day' AS regclass)"
        )
    )

    (problem,) = damage(connection)

    assert (problem.code, problem.subject) == (ProblemCode.DATABASE, "ix_study_day")


def films(engine: Engine) -> None:
    """Fill some pages."""
    with engine.begin() as connection:
        queued(connection, *(receipt(f"2.25.{number}") for number in range(MANY)), now=NOON)


def overwrite(path: Path, *, at: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * count)


@ON_SQLITE
@pytest.mark.parametrize("page", [1, 5, 20, 30])
def test_a_page_of_sqlite_that_was_overwritten_is_found(
    database: Engine, tmp_path: Path, page: int
) -> None:
    films(database)
    database.dispose()
    overwrite(tmp_path / "triage.sqlite3", at=4096 * page, count=4096)
    engine = reading_engine(f"sqlite:///{tmp_path / 'triage.sqlite3'}")

    with engine.connect() as connection:
        found = codes(connection)

    assert ProblemCode.DATABASE in found
    engine.dispose()


@pytest.fixture
def other_postgresql() -> Iterator[PostgreSQL]:
    """A server that a test may damage."""
    with PostgreSQL.running() as server:
        yield server


def test_a_page_of_postgresql_that_was_overwritten_is_found(
    other_postgresql: PostgreSQL,
) -> None:
    with other_postgresql.copy(template=TEMPLATE) as url:
        engine = open_engine(url)
        films(engine)
        with engine.begin() as connection:
            file = connection.scalar(text("SELECT pg_relation_filepath('instance')"))
            folder = connection.scalar(text("SHOW data_directory"))
        engine.dispose()
        other_postgresql.stop()
        overwrite(Path(str(folder)) / str(file), at=0, count=512)
        other_postgresql.start()

        with engine.begin() as connection:
            found = [problem.subject for problem in damage(connection)]

        assert found == ["instance"]
        engine.dispose()


def test_a_file_that_is_no_database_is_no_sound_one(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").write_bytes(b"no database" * 1000)
    engine = reading_engine(f"sqlite:///{tmp_path / 'x.sqlite3'}")

    with engine.connect() as connection:
        assert codes(connection) == [ProblemCode.DATABASE]
    engine.dispose()


def test_a_server_that_is_away_is_no_damage() -> None:
    engine = reading_engine("postgresql://nobody@127.0.0.1:9/nothing")

    with pytest.raises(DatabaseError), engine.begin() as connection:
        list(damage(connection))
