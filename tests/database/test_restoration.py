"""Rows made anew of files, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from tests.builders.clock import Clock
from tests.builders.studies import (
    FILM,
    TTL,
    assessed,
    claim,
    complete,
    delivery_states,
    film_states,
    finished,
    leased,
    parcel,
    posted,
    queued,
    receipt,
    receive,
    state_of,
)
from triage.database import outbox, queue, reporting_schema, restoration, results, schema
from triage.database.contradictions import contradictions
from triage.database.moves import MoveRefused
from triage.database.roll_up import roll_up_next

EARLIER = timedelta(days=3)


def restored(connection: Connection, clock: Clock, *films: str) -> list[restoration.Row]:
    """Restore films that were stored three days ago, each a minute after the one before."""
    stored = [
        (receipt(film), clock.now - EARLIER + timedelta(minutes=place))
        for place, film in enumerate(films)
    ]
    return restoration.restore_films(connection, stored, now=clock.now)


def test_a_film_gets_its_row_back_with_the_time_of_its_file(
    connection: Connection, clock: Clock
) -> None:
    restored(connection, clock, "2.25.1", "2.25.2")

    study = connection.execute(select(schema.study)).one()
    film = schema.instance.c
    times = list(connection.scalars(select(film.received_at).order_by(film.id)))
    assert (study.first_received_at, study.last_received_at) == (times[0], times[1])
    assert times[0] == clock.now - EARLIER


def test_its_study_is_queued_and_assessed_like_any_other(
    connection: Connection, clock: Clock
) -> None:
    restored(connection, clock, FILM)
    complete(connection, now=clock.now)

    finished(connection, claim(connection, now=clock.now), now=clock.now)

    assert state_of(connection) == "DONE"


def test_a_film_that_has_its_row_is_left_alone(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    assert restored(connection, clock, FILM) == []
    assert connection.scalar(select(schema.instance.c.received_at)) == clock.now


def test_a_finished_study_is_queued_for_the_film_that_it_had_lost(
    connection: Connection, clock: Clock
) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    restored(connection, clock, "2.25.7")

    assert state_of(connection) == "QUEUED"
    assert film_states(connection) == ["ASSESSED", "WAITING"]


def test_events_name_the_one_who_made_the_rows(connection: Connection, clock: Clock) -> None:
    restored(connection, clock, FILM)

    assert set(connection.scalars(select(schema.event.c.actor))) == {"reindex"}


def told(connection: Connection, row: restoration.Row, clock: Clock) -> None:
    outcome = assessed(row.film_id, replace(parcel(), in_doubt=True))
    at = clock.now - EARLIER
    restoration.restore_result(connection, row, outcome, assessed_at=at, now=clock.now)


def test_a_result_that_was_told_again_is_not_assessed_again_and_looked_up_first(
    connection: Connection, clock: Clock
) -> None:
    told(connection, restored(connection, clock, FILM)[0], clock)
    complete(connection, now=clock.now)
    lease = claim(connection, now=clock.now)

    assert results.waiting_films(connection, lease) == []
    assert results.finish(connection, lease, [], now=clock.now) == "ASSESSED"
    delivery = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
    assert delivery is not None
    assert delivery.in_doubt


def test_what_was_restored_contradicts_nothing(connection: Connection, clock: Clock) -> None:
    told(connection, restored(connection, clock, FILM)[0], clock)
    complete(connection, now=clock.now)

    assert list(contradictions(connection, now=clock.now)) == []


def test_a_result_counts_to_the_day_of_its_capture_whatever_was_summed_up(
    connection: Connection, clock: Clock
) -> None:
    later = clock.now + timedelta(days=1)
    finished(connection, leased(connection, receipt("2.25.9"), now=clock.now), now=clock.now)
    roll_up_next(connection, now=later)

    told(connection, restored(connection, clock, FILM)[0], clock)
    day = roll_up_next(connection, now=later)

    assert day == (clock.now - EARLIER).date()
    assert list(connection.scalars(select(reporting_schema.rolled_day.c.day))) == [day]


def test_a_result_is_told_once(connection: Connection, clock: Clock) -> None:
    row = restored(connection, clock, FILM)[0]
    told(connection, row, clock)

    with pytest.raises(MoveRefused):
        told(connection, row, clock)


def test_a_film_that_a_worker_has_in_hand_is_left_to_it(
    connection: Connection, clock: Clock
) -> None:
    queued(connection, now=clock.now)
    assert len(restoration.waiting_rows(connection, FILM, now=clock.now)) == 1

    queue.claim(connection, worker="worker-1", now=clock.now, ttl=TTL)

    assert restoration.waiting_rows(connection, FILM, now=clock.now) == []
    later = clock.now + TTL
    assert len(restoration.waiting_rows(connection, FILM, now=later)) == 1


def test_every_capture_that_waits_is_doubted_once(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    assert restoration.doubt_waiting(connection) == 1
    assert restoration.doubt_waiting(connection) == 0
    assert delivery_states(connection) == ["WAITING"]


def test_a_time_before_all_others_is_kept(connection: Connection, clock: Clock) -> None:
    long_ago = datetime(2001, 2, 3, tzinfo=UTC)

    restoration.restore_films(connection, [(receipt(), long_ago)], now=clock.now)

    assert connection.scalar(select(schema.study.c.first_received_at)) == long_ago
