"""The order of a reading list on both engines: what no model may change, and what it may."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.builders.listed_studies import DAY, END, Listed, list_studies
from triage.database.calendar import Rule, set_rule
from triage.database.reading_list import reading_list
from triage.database.statistics import Value
from triage.domain.assessment import Tier

MAXIMUM = timedelta(hours=24)
LOUDNESS = (None, Tier.BELOW, Tier.ABOVE, Tier.FLAGGED, Tier.URGENT)
tiers = st.sampled_from(LOUDNESS)
probabilities = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
studies = st.builds(
    Listed,
    waited=st.integers(1, 71 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    priority=st.sampled_from([-1, 0, 1, 2, 3]),
    tier=tiers,
    probability=probabilities,
)
lists = st.lists(studies, min_size=1, max_size=8)
on_a_database = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@contextmanager
def nothing_kept(connection: Connection) -> Iterator[None]:
    """Undo whatever an example wrote."""
    savepoint = connection.begin_nested()
    yield
    savepoint.rollback()


def order_of(connection: Connection, listed: Sequence[Listed]) -> list[int]:
    """Return the numbers of studies in the order of their list."""
    with nothing_kept(connection):
        list_studies(connection, listed)
        table = reading_list(connection, DAY)
    column = table.columns.index("study_uid")
    return [int(str(row[column]).removeprefix("2.25.")) - 1 for row in table.rows]


def overdue(study: Listed) -> bool:
    return study.waited > MAXIMUM


@on_a_database
@given(listed=lists)
def test_every_study_is_listed_once(connection: Connection, listed: list[Listed]) -> None:
    assert sorted(order_of(connection, listed)) == [*range(len(listed))]


@on_a_database
@given(listed=lists)
def test_no_study_stands_below_one_that_was_ordered_less_urgently(
    connection: Connection, listed: list[Listed]
) -> None:
    order = [listed[number].priority for number in order_of(connection, listed)]

    assert order == sorted(order, reverse=True)


@on_a_database
@given(listed=lists)
def test_whoever_waited_too_long_comes_first_among_the_equally_urgent_and_in_turn(
    connection: Connection, listed: list[Listed]
) -> None:
    order = [listed[number] for number in order_of(connection, listed)]

    for priority in {study.priority for study in listed}:
        equals = [study for study in order if study.priority == priority]
        late = [study for study in equals if overdue(study)]
        assert equals[: len(late)] == late
        assert late == sorted(late, key=lambda study: study.waited, reverse=True)


@on_a_database
@given(listed=lists, data=st.data())
def test_whatever_a_model_says_moves_nobody_out_of_an_ordered_priority_or_past_the_overdue(
    connection: Connection, listed: list[Listed], data: st.DataObject
) -> None:
    other = [
        replace(study, tier=data.draw(tiers), probability=data.draw(probabilities))
        for study in listed
    ]

    before, after = order_of(connection, listed), order_of(connection, other)

    assert [listed[n].priority for n in before] == [listed[n].priority for n in after]
    assert [n if overdue(listed[n]) else None for n in before] == [
        n if overdue(listed[n]) else None for n in after
    ]


@on_a_database
@given(listed=lists)
def test_the_others_follow_by_tier_probability_and_wait(
    connection: Connection, listed: list[Listed]
) -> None:
    order = [n for n in order_of(connection, listed) if not overdue(listed[n])]

    def key(number: int) -> tuple[float, ...]:
        study = listed[number]
        said = 0.0 if study.tier is None else study.probability
        waited = study.waited.total_seconds()
        return (-study.priority, -LOUDNESS.index(study.tier), -said, -waited, number)

    assert order == sorted(order, key=key)


@on_a_database
@given(waited=st.integers(1, 72 * 60).map(lambda minutes: timedelta(minutes=minutes)))
@example(waited=MAXIMUM + timedelta(minutes=30))
def test_whoever_becomes_overdue_is_so_on_the_list_of_that_day_and_on_all_of_the_next(
    connection: Connection, waited: timedelta
) -> None:
    due = END - waited + MAXIMUM
    with nothing_kept(connection):
        list_studies(connection, [Listed(waited)])
        days = [due.date() + number * timedelta(days=1) for number in range(3)]
        found = [listed_overdue(connection, day) for day in days]

    assert found == [[1], [1], []]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Antarctica/Troll"])
@pytest.mark.parametrize("minutes", [0, 1, 59, 61, 121])
def test_where_clocks_are_set_it_is_a_whole_day_too(
    connection: Connection, zone: str, minutes: int
) -> None:
    midnight = datetime(2025, 10, 26, tzinfo=ZoneInfo(zone))
    list_studies(connection, [Listed(MAXIMUM - timedelta(minutes=minutes))], end=midnight)

    set_rule(connection, Rule(ZoneInfo(zone), MAXIMUM), now=END)

    assert listed_overdue(connection, midnight.date() + timedelta(days=1)) == [1]


def listed_overdue(connection: Connection, day: date) -> list[Value]:
    table = reading_list(connection, day)
    column = table.columns.index("overdue")
    return [row[column] for row in table.rows]
