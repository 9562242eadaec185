"""Reading lists on both engines: films that come late, and films that move to another study."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert, select, update

from tests.builders.listed_studies import (
    DAY,
    END,
    Listed,
    expected_on,
    list_studies,
    rows_of,
    studies_of,
)
from tests.builders.studies import receipt, receive
from triage.database import schema

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
OLD = timedelta(hours=100)
"""Nobody who came so long before the end of a day is on its list."""


def test_a_late_film_brings_its_study_onto_the_lists_of_its_days(connection: Connection) -> None:
    list_studies(connection, [Listed(OLD), Listed(OLD)])
    days = [DAY + number * ONE_DAY for number in range(4)]
    assert [studies_of(connection, day) for day in days] == [[], [], [], []]

    receive(connection, receipt("2.25.9", study="2.25.2"), now=END - HOUR)

    listed = [studies_of(connection, day) for day in days]
    assert listed == [["2.25.2"], ["2.25.2"], ["2.25.2"], []]


def test_a_study_with_a_late_film_has_waited_since_its_first_one(connection: Connection) -> None:
    list_studies(connection, [Listed(OLD)])
    receive(connection, receipt("2.25.9", study="2.25.1"), now=END - HOUR)

    (row,) = rows_of(connection)

    assert (row["waited_h"], row["overdue"], row["tier"]) == (100, 1, "below_threshold")


def test_a_film_after_the_days_end_brings_nobody_onto_its_list(connection: Connection) -> None:
    list_studies(connection, [Listed(OLD)])

    receive(connection, receipt("2.25.9", study="2.25.1"), now=END)

    assert studies_of(connection) == []


def test_a_study_that_is_assessed_days_after_it_came_is_on_the_list_of_that_day(
    connection: Connection,
) -> None:
    list_studies(connection, [Listed(OLD), Listed(OLD, tier=None)])

    connection.execute(update(schema.assessment).values(assessed_at=END - HOUR))

    assert studies_of(connection) == ["2.25.1"]
    assert studies_of(connection, DAY + 3 * ONE_DAY) == []


def test_a_later_film_takes_nobody_off_an_earlier_list(connection: Connection) -> None:
    list_studies(connection, [Listed(OLD)])
    for days in (0, 10):
        late = receipt(f"2.25.9{days}", study="2.25.1")
        receive(connection, late, now=END - HOUR + days * ONE_DAY)

    assert studies_of(connection) == ["2.25.1"]


def test_a_result_of_ours_that_comes_back_brings_nobody_onto_a_list(
    connection: Connection,
) -> None:
    list_studies(connection, [Listed(OLD)])
    for study in ("2.25.1", "2.25.77"):
        receive(connection, receipt(f"{study}.9", study=study), now=END - HOUR)
    assert studies_of(connection) == ["2.25.1", "2.25.77"]

    came_back = schema.instance.c.sop_instance_uid.in_(["2.25.1.9", "2.25.77.9"])
    connection.execute(update(schema.instance).where(came_back).values(code="own_result"))

    assert studies_of(connection) == []


def moved(connection: Connection) -> None:
    """Let the film of the first study stand in the second."""
    numbers = connection.scalars(select(schema.instance.c.id).order_by(schema.instance.c.id))
    pair = dict(zip(("instance_id", "by_instance_id"), numbers, strict=True))
    connection.execute(insert(schema.correction).values(**pair, at=END))


def test_a_film_that_moved_to_another_study_has_waited_since_it_came_first(
    connection: Connection,
) -> None:
    list_studies(connection, [Listed(OLD), Listed(HOUR)])
    assert [row["waited_h"] for row in rows_of(connection)] == [1]

    moved(connection)

    assert [(row["study_uid"], row["waited_h"]) for row in rows_of(connection)] == [("2.25.2", 100)]


def test_a_film_that_moved_from_a_study_that_had_waited_less_changes_no_wait(
    connection: Connection,
) -> None:
    list_studies(connection, [Listed(HOUR), Listed(2 * HOUR)])

    moved(connection)

    assert [(row["study_uid"], row["waited_h"]) for row in rows_of(connection)] == [("2.25.2", 2)]


@pytest.mark.parametrize(("asked", "term"), [(3, "STAT"), (-1, "LOW")])
def test_a_film_that_moved_has_the_list_of_the_study_from_which_it_came(
    connection: Connection, asked: int, term: str
) -> None:
    list_studies(connection, [Listed(2 * HOUR), Listed(HOUR)])
    expected_on(connection, "2.25.1", DAY - ONE_DAY, priority=asked)

    moved(connection)

    (row,) = rows_of(connection)
    assert (row["study_uid"], row["ordered_priority"]) == ("2.25.2", term)
    assert row["waiting_since"] == "2026-01-05 00:00:00"
