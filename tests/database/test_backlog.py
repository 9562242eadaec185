"""How many studies wait, on both engines."""

import pytest
from sqlalchemy import Connection, Engine, insert, text

from tests.builders.clock import NOON, Clock
from tests.builders.studies import finished, leased, queued, receipt, receive
from triage.database import schema
from triage.database.backlog import UNFINISHED, waiting_studies
from triage.database.statement import spelled
from triage.domain.study import StudyState

EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
MANY = 20_000


def plan(connection: Connection) -> str:
    """Return the plan of the count among thousands of finished studies."""
    done = {"state": StudyState.DONE, "state_since": NOON, "next_attempt_at": NOON}
    received = {"first_received_at": NOON, "last_received_at": NOON}
    studies = [{"study_uid": f"2.25.{number}"} | done | received for number in range(MANY)]
    connection.execute(insert(schema.study), studies)
    connection.execute(text("ANALYZE"))
    name = connection.dialect.name
    explain = EXPLAIN[name] + spelled(UNFINISHED, name, 1)
    return "\n".join(str(row) for row in connection.exec_driver_sql(explain, (10_000,)))


def test_studies_wait_until_they_are_assessed(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    leased(connection, receipt("2.25.1", study="2.25.11"), now=clock.now)
    queued(connection, receipt("2.25.2", study="2.25.22"), now=clock.now)
    receive(connection, receipt("2.25.3", study="2.25.33"), now=clock.now)

    assert waiting_studies(connection, most=10) == 3


def test_nobody_counts_beyond_the_limit(connection: Connection, clock: Clock) -> None:
    for number in range(5):
        receive(connection, receipt(f"2.25.{number}.1", study=f"2.25.{number}"), now=clock.now)

    assert waiting_studies(connection, most=3) == 3


def test_the_count_walks_its_index(connection: Connection) -> None:
    assert "ix_study_queue" in plan(connection)


def test_a_walk_over_every_study_would_be_noticed(connection: Connection) -> None:
    connection.execute(text("DROP INDEX ix_study_queue"))

    assert "ix_study_queue" not in plan(connection)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_count_waits_for_no_writer(database: Engine, clock: Clock) -> None:
    with database.begin() as writer, database.connect() as reader:
        receive(writer, receipt(), now=clock.now)

        assert waiting_studies(reader, most=10) == 0
