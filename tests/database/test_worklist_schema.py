"""What the tables of the nightly worklist refuse, and that they go down and up again."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, func, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from tests.builders.clock import NOON
from tests.builders.studies import posted
from triage.database import migrate, schema
from triage.database.worklist_schema import run, worklist_instance, worklist_study

DAY = NOON.date()
RUN = {"job": "worklist", "due_at": NOON, "day": DAY}
HELD = {"holder": "night@here", "lease_expires_at": NOON}
LISTED = {"day": DAY, "study_uid": "2.25.100", "wanted": True}
LATER = NOON + timedelta(days=1)


def test_a_firing_is_written_once(connection: Connection) -> None:
    connection.execute(insert(run).values(RUN))

    with pytest.raises(IntegrityError):
        connection.execute(insert(run).values(RUN))


def test_two_runs_of_a_job_are_never_held_at_once(connection: Connection) -> None:
    connection.execute(insert(run).values(RUN | HELD))

    with pytest.raises(IntegrityError):
        connection.execute(insert(run).values(RUN | HELD | {"due_at": LATER}))


def test_a_run_of_another_job_is_held_beside_it(connection: Connection) -> None:
    connection.execute(insert(run).values(RUN | HELD))

    connection.execute(insert(run).values(RUN | HELD | {"job": "another"}))

    assert connection.scalar(select(func.count()).select_from(run)) == 2


@pytest.mark.parametrize(
    "columns",
    [
        {"holder": "night@here"},
        {"lease_expires_at": NOON},
        {"verdict": "exact"},
        {"ended_at": NOON},
        {"ended_at": NOON, "verdict": "good"},
    ],
)
def test_a_run_is_held_with_a_lease_and_ends_with_a_verdict(
    connection: Connection, columns: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError):
        connection.execute(insert(run).values(RUN | columns))


@pytest.mark.parametrize("columns", [{"wanted": False}, {"left_out": "body part HAND"}])
def test_a_study_is_wanted_or_left_out_with_a_reason(
    connection: Connection, columns: dict[str, object]
) -> None:
    with pytest.raises(IntegrityError):
        connection.execute(insert(worklist_study).values(LISTED | columns))


def test_a_list_goes_and_everything_else_stays_on_the_way_back(database: Engine) -> None:
    with database.begin() as connection:
        posted(connection, now=NOON)
        connection.execute(insert(run).values(RUN))
        connection.execute(insert(worklist_study).values(LISTED | {"id": 1}))
        film = {"worklist_study_id": 1, "sop_instance_uid": "2.25.101"}
        connection.execute(insert(worklist_instance).values(film))

    migrate.downgrade(database, revision="0005")

    assert "worklist_study" not in inspect(database).get_table_names()
    migrate.upgrade(database)
    with database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.instance)) == 1
        assert connection.scalar(select(func.count()).select_from(worklist_study)) == 0
