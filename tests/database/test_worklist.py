"""What a day's list expects, on both engines."""

from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import Connection, select

from tests.builders.clock import NOON
from tests.builders.listed import listing, study_of
from tests.builders.studies import receipt, receive
from triage.database import schema
from triage.database.worklist import films_here, note_pull, raise_priorities, record_listing
from triage.database.worklist_schema import worklist_study
from triage.domain.worklist import ExpectedStudy, Urgency

DAY = NOON.date()
ONE = study_of("2.25.100", "2.25.101", "2.25.102")
HAND = ExpectedStudy("2.25.100", left_out="another part of the body")


def listed(connection: Connection) -> list[tuple[str, int, bool, str | None, int]]:
    row = worklist_study.c
    query = select(row.study_uid, row.priority, row.wanted, row.left_out, row.instances)
    return [tuple(found) for found in connection.execute(query.order_by(row.study_uid))]


def priority(connection: Connection) -> int | None:
    return connection.scalar(select(schema.study.c.priority))


def test_a_list_is_written_down(connection: Connection) -> None:
    record_listing(connection, DAY, listing(ONE, urgent={"2.25.100": Urgency.HIGH}))

    assert listed(connection) == [("2.25.100", 2, True, None, 2)]


def test_the_same_list_changes_nothing(connection: Connection) -> None:
    for _ in range(2):
        record_listing(connection, DAY, listing(ONE, study_of("2.25.200", count=3)))

    assert listed(connection) == [
        ("2.25.100", 0, True, None, 2),
        ("2.25.200", 0, True, None, 3),
    ]


def test_an_empty_list_takes_nothing_back(connection: Connection) -> None:
    record_listing(connection, DAY, listing(ONE))

    record_listing(connection, DAY, listing())

    assert listed(connection) == [("2.25.100", 0, True, None, 2)]


def test_a_film_that_is_listed_later_is_expected_too(connection: Connection) -> None:
    record_listing(connection, DAY, listing(ONE))
    receive(connection, receipt("2.25.103"), now=NOON)

    record_listing(
        connection, DAY, listing(study_of("2.25.100", "2.25.101", "2.25.102", "2.25.103"))
    )

    assert listed(connection) == [("2.25.100", 0, True, None, 3)]
    assert films_here(connection, DAY) == {"2.25.103"}


@pytest.mark.parametrize(
    ("first", "then", "wanted"), [(ONE, HAND, True), (HAND, ONE, True), (HAND, HAND, False)]
)
def test_what_was_wanted_once_stays_wanted(
    connection: Connection, first: ExpectedStudy, then: ExpectedStudy, wanted: bool
) -> None:
    record_listing(connection, DAY, listing(first))
    record_listing(connection, DAY, listing(then))

    assert listed(connection)[0][2] is wanted


@pytest.mark.parametrize(
    ("urgent", "expected"),
    [
        ({"2.25.100": Urgency.STAT}, 3),
        ({"2.25.100": Urgency.LOW}, 2),
        ({}, 2),
    ],
)
def test_an_urgency_rises_and_never_falls(
    connection: Connection, urgent: Mapping[str, Urgency], expected: int
) -> None:
    record_listing(connection, DAY, listing(ONE, urgent={"2.25.100": Urgency.HIGH}))

    record_listing(connection, DAY, listing(ONE, urgent=urgent))

    assert listed(connection)[0][1] == expected


def test_a_study_that_is_here_gets_the_urgency_of_its_request(connection: Connection) -> None:
    receive(connection, receipt(), now=NOON)

    record_listing(connection, DAY, listing(ONE, urgent={"2.25.100": Urgency.STAT}))

    assert priority(connection) == 3


def test_a_priority_that_is_higher_already_stays(connection: Connection) -> None:
    receive(connection, receipt(), now=NOON)
    record_listing(connection, DAY, listing(ONE, urgent={"2.25.100": Urgency.STAT}))
    another_day = date(2026, 1, 6)

    record_listing(connection, another_day, listing(ONE, urgent={"2.25.100": Urgency.LOW}))

    assert raise_priorities(connection, another_day) == 0
    assert priority(connection) == 3


def test_a_study_that_was_pulled_is_urgent_at_once(connection: Connection) -> None:
    record_listing(connection, DAY, listing(ONE, urgent={"2.25.100": Urgency.STAT}))
    receive(connection, receipt(), now=NOON)

    note_pull(connection, DAY, "2.25.100", failure="0xb000: some were not sent")

    row = connection.execute(select(worklist_study.c.pulls, worklist_study.c.failure)).one()
    assert (priority(connection), tuple(row)) == (3, (1, "0xb000: some were not sent"))


def test_the_films_of_a_list_that_are_here_are_known(connection: Connection) -> None:
    record_listing(connection, DAY, listing(ONE))
    receive(connection, receipt("2.25.101"), receipt("2.25.999"), now=NOON)

    assert films_here(connection, DAY) == {"2.25.101"}


@pytest.mark.parametrize("urgency", [Urgency.STAT, Urgency.ROUTINE, Urgency.LOW])
def test_a_study_that_comes_after_it_was_listed_has_the_urgency_of_its_request(
    connection: Connection, urgency: Urgency
) -> None:
    record_listing(connection, DAY, listing(ONE, urgent={"2.25.100": urgency}))

    receive(connection, receipt(), now=NOON)

    assert priority(connection) == urgency


def test_of_several_days_lists_the_most_urgent_counts(connection: Connection) -> None:
    for day, urgency in enumerate((Urgency.LOW, Urgency.HIGH, Urgency.MEDIUM), start=1):
        found = listing(ONE, urgent={"2.25.100": urgency})
        record_listing(connection, DAY.replace(day=day), found)

    receive(connection, receipt(), now=NOON)

    assert priority(connection) == Urgency.HIGH


def test_another_study_on_the_list_makes_nothing_urgent(connection: Connection) -> None:
    urgent = {"2.25.200": Urgency.STAT}
    record_listing(connection, DAY, listing(study_of("2.25.200", "2.25.201"), urgent=urgent))

    receive(connection, receipt(), now=NOON)

    assert priority(connection) == Urgency.ROUTINE
