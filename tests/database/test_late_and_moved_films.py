"""Reading lists on both engines: films that come late."""

from datetime import timedelta

from sqlalchemy import Connection, update

from tests.builders.listed_studies import (
    DAY,
    END,
    Listed,
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
