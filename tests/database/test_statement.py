"""SQL text of many rows, on both engines."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from triage.database.statement import look, run, spelled

DOUBLE = "INSERT INTO move (kind, from_state, to_state) VALUES {(?, ?, 'B')} RETURNING kind"


def test_what_stands_in_braces_is_repeated() -> None:
    assert spelled("f = ? AND id IN ({?})", "sqlite", 3) == "f = ? AND id IN (?, ?, ?)"


def test_each_engine_gets_its_own_words() -> None:
    sql = "SELECT id FROM study WHERE id = ? FOR UPDATE"

    assert spelled(sql, "sqlite", 1) == "SELECT id FROM study WHERE id = ?"
    assert spelled(sql, "postgresql", 1) == "SELECT id FROM study WHERE id = %s FOR UPDATE"


def test_rows_go_in_and_come_back(connection: Connection) -> None:
    rows = run(connection, DOUBLE, ["first", "A", "second", "A"], times=2)

    assert rows == [("first",), ("second",)]


def test_a_statement_without_rows_gives_none(connection: Connection) -> None:
    assert run(connection, "UPDATE study SET priority = ? WHERE id = 0", [1]) == []


def test_what_was_not_committed_is_not_there(database: Engine) -> None:
    with database.connect() as connection:
        run(connection, DOUBLE, ["first", "A"])

    with database.begin() as connection:
        assert run(connection, "SELECT kind FROM move WHERE kind = 'first'", []) == []


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(("ask", "waits"), [(look, False), (run, True)])
def test_only_a_look_begins_no_transaction(
    database: Engine, ask: Callable[..., object], waits: bool
) -> None:
    with database.connect() as connection:
        ask(connection, "SELECT 1", [])

        assert connection.in_transaction() is waits


def test_what_a_constraint_refuses_has_sqlalchemys_class(connection: Connection) -> None:
    with pytest.raises(IntegrityError) as refusal:
        run(connection, DOUBLE, ["same", "A", "same", "A"], times=2)

    assert not refusal.value.connection_invalidated


def test_a_value_is_never_part_of_the_message(connection: Connection) -> None:
    with pytest.raises(DBAPIError) as refusal:
        run(connection, "INSERT INTO nowhere VALUES (?)", ["Doe^Jane"])

    assert "Doe" not in str(refusal.value)


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_lost_connection_leaves_the_pool(database: Engine) -> None:
    with database.connect() as other, database.connect() as connection:
        backend = run(connection, "SELECT pg_backend_pid()", [])[0][0]
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})

        with pytest.raises(OperationalError) as loss:
            run(connection, "SELECT 1", [])

        assert loss.value.connection_invalidated
        assert connection.invalidated
