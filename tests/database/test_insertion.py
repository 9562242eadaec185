"""An INSERT that leaves alone what is there already, on both engines."""

from sqlalchemy import Connection, func, select

from tests.builders.clock import NOON
from triage.database import schema
from triage.database.insertion import insert_new

VALUES = {
    "study_uid": "2.25.1",
    "state": "RECEIVING",
    "state_since": NOON,
    "first_received_at": NOON,
    "last_received_at": NOON,
    "next_attempt_at": NOON,
}


def test_a_new_row_gives_its_key(connection: Connection) -> None:
    key = insert_new(connection, schema.study, VALUES)

    assert connection.scalar(select(schema.study.c.id)) == key


def test_a_row_that_is_there_stays_as_it_is(connection: Connection) -> None:
    insert_new(connection, schema.study, VALUES)

    again = insert_new(connection, schema.study, {**VALUES, "priority": 9})

    assert again is None
    assert connection.scalar(select(schema.study.c.priority)) == 0


def test_two_different_rows_are_both_kept(connection: Connection) -> None:
    insert_new(connection, schema.study, VALUES)

    insert_new(connection, schema.study, {**VALUES, "study_uid": "2.25.2"})

    assert connection.scalar(select(func.count()).select_from(schema.study)) == 2
