"""Which files may go, on both engines."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from tests.builders.clock import Clock
from tests.builders.studies import (
    dead,
    digest_of,
    finished,
    leased,
    parcel,
    posted,
    receipt,
    receive,
)
from triage.database import outbox, sweep
from triage.database.engine import DatabaseError, Patience, open_engine
from triage.domain.study import Delivery

DAY_S = 24 * 3600.0
WEEK = timedelta(days=7)


def sweepable(connection: Connection, clock: Clock) -> Sequence[tuple[int, str]]:
    return sweep.sweepable_films(
        connection, now=clock.now, retain=WEEK, retain_others=timedelta(days=1)
    )


def taken(connection: Connection, clock: Clock) -> Delivery:
    delivery = outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=timedelta(minutes=2)
    )
    assert delivery is not None
    return delivery


def test_a_finished_studys_film_may_go_after_a_week(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    clock.wait(7 * DAY_S)

    assert [digest for _, digest in sweepable(connection, clock)] == [receipt().digest]


def test_a_film_that_comes_again_waits_for_the_sweep_that_has_chosen_it(
    database: Engine, database_url: str, clock: Clock
) -> None:
    with database.begin() as connection:
        finished(connection, leased(connection, now=clock.now), now=clock.now)
    clock.wait(7 * DAY_S)
    hurried = open_engine(database_url, Patience(turn_s=0.1, row_s=0.1))

    with database.begin() as sweeping:
        assert len(sweepable(sweeping, clock)) == 1
        with pytest.raises(DatabaseError), hurried.begin() as connection:
            receive(connection, receipt(), now=clock.now)

    hurried.dispose()


def test_a_finished_studys_film_stays_for_a_week(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    clock.wait(7 * DAY_S - 1)

    assert sweepable(connection, clock) == []


def test_what_is_no_film_may_go_after_a_day(connection: Connection, clock: Clock) -> None:
    films = receipt("2.25.1", modality="SR"), receipt("2.25.2"), receipt("2.25.3", modality=None)
    finished(connection, leased(connection, *films, now=clock.now), now=clock.now)

    clock.wait(DAY_S)

    found = [digest for _, digest in sweepable(connection, clock)]
    assert found == [films[0].digest, films[2].digest]


def test_a_film_under_assessment_stays(connection: Connection, clock: Clock) -> None:
    leased(connection, now=clock.now)

    clock.wait(30 * DAY_S)

    assert sweepable(connection, clock) == []


def test_a_dead_studys_film_stays(connection: Connection, clock: Clock) -> None:
    dead(connection, now=clock.now)

    clock.wait(30 * DAY_S)

    assert sweepable(connection, clock) == []


def test_a_film_stays_while_its_capture_is_on_its_way(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    clock.wait(30 * DAY_S)

    assert sweepable(connection, clock) == []


def test_a_swept_film_is_not_swept_again(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    clock.wait(7 * DAY_S)
    numbers = [number for number, _ in sweepable(connection, clock)]

    sweep.mark_swept(connection, numbers, now=clock.now)

    assert sweepable(connection, clock) == []


def test_a_film_that_was_sent_again_is_swept_again(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    clock.wait(7 * DAY_S)
    numbers = [number for number, _ in sweepable(connection, clock)]
    sweep.mark_swept(connection, numbers, now=clock.now)

    receive(connection, receipt(), now=clock.now)

    assert [number for number, _ in sweepable(connection, clock)] == numbers


def test_marking_nothing_as_swept_is_allowed(connection: Connection, clock: Clock) -> None:
    sweep.mark_swept(connection, [], now=clock.now)

    assert sweepable(connection, clock) == []


def test_a_sent_capture_may_go(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel(), now=clock.now)
    delivery = taken(connection, clock)
    outbox.mark_sent(connection, delivery, now=clock.now, courier="courier-1", answer="0x0000")

    finished_ones = sweep.finished_results(connection, [delivery.digest])

    assert finished_ones == {delivery.digest}


def test_a_waiting_capture_stays(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel(), now=clock.now)

    assert sweep.finished_results(connection, [str(parcel().digest)]) == set()


def test_a_parked_capture_stays(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel(), now=clock.now)
    delivery = taken(connection, clock)

    outbox.park(connection, delivery, now=clock.now, courier="courier-1", reason="0x0122")

    assert sweep.finished_results(connection, [delivery.digest]) == set()


def test_a_capture_without_a_row_may_go(connection: Connection) -> None:
    orphan = digest_of("orphan")

    assert sweep.finished_results(connection, [orphan]) == {orphan}


def test_a_film_with_a_row_is_known(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    known = sweep.known_films(connection, [receipt().digest, digest_of("orphan")])

    assert known == {receipt().digest}
