from sqlalchemy import Engine, select

from tests.builders.clock import Clock
from tests.builders.command import Command
from tests.builders.studies import STUDY, dead, queued, state_of
from triage.database import schema


def test_requeue_says_what_was_done_and_by_whom(
    command: Command, database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        dead(connection, now=clock.now)

    shown = command.text("requeue", STUDY)

    assert shown == f"study {STUDY}: queued again, 0 parked deliveries freed\n"
    with database.begin() as connection:
        newest = select(schema.event.c.actor).order_by(schema.event.c.id.desc()).limit(1)
        assert str(connection.scalar(newest)).startswith("operator:")


def test_a_study_that_needs_no_requeue_is_bad_data(
    command: Command, database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        queued(connection, now=clock.now)

    assert command.code("requeue", STUDY) == 65
    with database.begin() as connection:
        assert state_of(connection) == "QUEUED"
