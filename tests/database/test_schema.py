"""What the tables themselves refuse, on both engines."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection, delete, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.builders.clock import Clock
from tests.builders.studies import finished, leased, posted, receipt, receive
from triage.database import schema


def test_an_event_cannot_be_changed(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    with pytest.raises(DBAPIError, match="event is append-only"):
        connection.execute(update(schema.event).values(actor="nobody"))


def test_an_event_cannot_be_deleted(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    with pytest.raises(DBAPIError, match="event is append-only"):
        connection.execute(delete(schema.event))


def test_a_study_cannot_be_deleted_under_its_events(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    with pytest.raises(IntegrityError):
        connection.execute(delete(schema.study))


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "LOST"},
        {"worker": "worker-1"},
        {"state": "ASSESSING"},
        {"worker": "worker-1", "state": "ASSESSING"},
    ],
)
def test_a_study_is_in_a_known_state_and_leased_only_while_assessed(
    connection: Connection, clock: Clock, columns: Mapping[str, str]
) -> None:
    receive(connection, receipt(), now=clock.now)

    with pytest.raises(IntegrityError):
        connection.execute(update(schema.study).values(**columns))


@pytest.mark.parametrize("state", ["NOT_ASSESSED", "QUARANTINED", "LOST"])
def test_a_film_does_not_end_without_a_code(
    connection: Connection, clock: Clock, state: str
) -> None:
    receive(connection, receipt(), now=clock.now)

    with pytest.raises(IntegrityError):
        connection.execute(update(schema.instance).values(state=state))


def test_a_capture_without_an_object_can_only_be_parked(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)

    with pytest.raises(IntegrityError):
        connection.execute(update(schema.delivery).values(digest=None))


@pytest.mark.parametrize("probability", [-0.01, 1.01])
def test_a_probability_is_within_zero_and_one(
    connection: Connection, clock: Clock, probability: float
) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    with pytest.raises(IntegrityError):
        connection.execute(update(schema.finding).values(probability=probability))


def test_a_film_has_one_assessment(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    row = connection.execute(select(schema.assessment)).mappings().one()

    with pytest.raises(IntegrityError):
        connection.execute(insert(schema.assessment).values({**row, "id": row["id"] + 1}))


def names(connection: Connection) -> list[str | None]:
    """Return the names of all constraints of our tables."""
    seen = inspect(connection)
    found: list[str | None] = []
    for table in schema.metadata.tables:
        found.append(seen.get_pk_constraint(table)["name"])
        found += [key["name"] for key in seen.get_foreign_keys(table)]
        found += [key["name"] for key in seen.get_unique_constraints(table)]
        found += [check["name"] for check in seen.get_check_constraints(table)]
    return found


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_every_constraint_has_a_name_by_which_it_can_be_dropped(connection: Connection) -> None:
    told = names(connection)

    assert len(told) > 30
    assert [name for name in told if str(name)[:3] not in {"pk_", "fk_", "uq_", "ck_"}] == []


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_a_constraint_without_a_name_would_be_noticed(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE rolled_day RENAME TO kept_day"))
    connection.execute(text("CREATE TABLE rolled_day (day date PRIMARY KEY)"))

    assert {"rolled_day_pkey", None} & set(names(connection))
