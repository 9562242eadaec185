from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.command import Command
from tests.builders.studies import STUDY, dead, state_of


def test_discard_says_what_was_done(command: Command, database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        dead(connection, now=clock.now)

    shown = command.text("discard", STUDY, "--reason", "a broken detector")

    assert shown == f"study {STUDY}: discarded, 1 films not assessed\n"
    with database.begin() as connection:
        assert state_of(connection) == "NOT_ASSESSED"


def test_a_discard_needs_a_reason(command: Command, database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        dead(connection, now=clock.now)

    assert command.code("discard", STUDY) == 64
    with database.begin() as connection:
        assert state_of(connection) == "DEAD"
