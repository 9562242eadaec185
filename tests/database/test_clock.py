"""A clock that was a day fast, and was set right."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Integer, column, func, select, table

from tests.builders.clock import Clock
from tests.builders.studies import TTL, finished, leased, posted, queued, receipt, receive, state_of
from triage.database import outbox, queue, runs
from triage.database.clock import follow_back
from triage.database.roll_up import SETTLED, roll_up_next
from triage.domain.study import StudyState

DAY = timedelta(days=1)
AHEAD = DAY / 2


def claimed(connection: Connection, clock: Clock) -> bool:
    return queue.claim(connection, worker="worker-2", now=clock.now, ttl=TTL) is not None


def films_in(connection: Connection, report: str) -> int:
    """Return the films of a report's largest row."""
    films = select(func.max(column("films", Integer))).select_from(table(report))
    return int(connection.execute(films).scalar_one())


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "not followed"])
def test_a_study_that_was_queued_tomorrow_is_taken_today(
    connection: Connection, clock: Clock, followed: bool
) -> None:
    queued(connection, receipt(), now=clock.now + DAY)

    moved = follow_back(connection, now=clock.now, ahead=AHEAD) if followed else 0

    assert moved == claimed(connection, clock) == followed


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "not followed"])
def test_a_lease_of_tomorrow_ends_today(
    connection: Connection, clock: Clock, followed: bool
) -> None:
    leased(connection, receipt(), now=clock.now + DAY)

    moved = follow_back(connection, now=clock.now, ahead=AHEAD) if followed else 0
    ended = queue.release_abandoned(connection, worker=None, now=clock.now, most_deaths=3)

    assert moved == ended == followed


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "not followed"])
def test_a_study_that_came_tomorrow_is_complete_today(
    connection: Connection, clock: Clock, followed: bool
) -> None:
    receive(connection, receipt(), now=clock.now + DAY)
    if followed:
        follow_back(connection, now=clock.now, ahead=AHEAD)

    quiet, longest = timedelta(seconds=2), timedelta(seconds=60)
    queue.complete_studies(connection, now=clock.wait(3), quiet=quiet, longest_wait=longest)

    assert (state_of(connection) == StudyState.QUEUED) is followed


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "not followed"])
def test_a_delivery_of_tomorrow_is_sent_today(
    connection: Connection, clock: Clock, followed: bool
) -> None:
    posted(connection, now=clock.now + DAY)

    moved = follow_back(connection, now=clock.now, ahead=AHEAD) if followed else 0
    delivery = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)

    assert moved == (delivery is not None) == followed


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "not followed"])
def test_a_night_that_was_held_tomorrow_is_taken_over_today(
    connection: Connection, clock: Clock, followed: bool
) -> None:
    runs.fire(connection, due_at=clock.now, day=clock.now.date(), until=clock.now + DAY)
    runs.take(connection, holder="dead", now=clock.now + AHEAD, ttl=TTL)

    moved = follow_back(connection, now=clock.now, ahead=AHEAD) if followed else 0
    held = runs.take(connection, holder="other", now=clock.now, ttl=TTL)

    assert moved == (held is not None) == followed


@pytest.mark.parametrize("followed", [True, False], ids=["followed", "not followed"])
def test_films_of_a_day_that_was_summed_up_too_soon_are_counted(
    connection: Connection, clock: Clock, followed: bool
) -> None:
    posted(connection, now=clock.now)
    roll_up_next(connection, now=clock.now + DAY)
    lease = leased(connection, receipt("2.25.9", study="2.25.90"), now=clock.now)
    finished(connection, lease, now=clock.now)

    moved = follow_back(connection, now=clock.now, ahead=AHEAD) if followed else 0

    assert moved == followed
    assert films_in(connection, "report_flag_rate") == 2
    assert films_in(connection, "report_findings") == 1 + followed


def test_the_sums_of_a_day_that_is_over_are_kept(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    roll_up_next(connection, now=clock.now + DAY)

    assert follow_back(connection, now=clock.now + DAY / 2 + SETTLED, ahead=AHEAD) == 0


def test_what_rests_as_it_should_goes_on_resting(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now + AHEAD / 2)
    queued(connection, receipt("2.25.9", study="2.25.90"), now=clock.now + AHEAD / 2)

    assert follow_back(connection, now=clock.now, ahead=AHEAD) == 0
    assert not claimed(connection, clock)
