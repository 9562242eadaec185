"""Several workers, couriers and listeners at once, on both engines."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

from sqlalchemy import Engine, func, select

from tests.builders.clock import NOON, Clock
from tests.builders.studies import (
    TTL,
    delivery_states,
    film_states,
    finished,
    parcel,
    posted,
    queued,
    receipt,
    receive,
)
from triage.database import outbox, queue, schema
from triage.domain.study import DeliveryState, FilmState

WORKERS = 4
STUDIES = 24
FILMS = [receipt(f"2.25.{number}", study=f"2.25.{number}.1") for number in range(STUDIES)]

T = TypeVar("T")


def at_once(*works: Callable[[], T]) -> list[T]:
    """Do all of this at the same time, each in its own thread."""
    barrier = Barrier(len(works), timeout=30)

    def begin(work: Callable[[], T]) -> T:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        begun = [pool.submit(begin, work) for work in works]
        return [each.result(timeout=60) for each in begun]


def claim_all(engine: Engine) -> list[str]:
    """Claim until nothing is left."""

    def claim_one() -> str | None:
        with engine.begin() as connection:
            lease = queue.claim(connection, worker="worker", now=NOON, ttl=TTL)
            return None if lease is None else lease.study_uid

    return list(iter(claim_one, None))


def send_all(engine: Engine) -> list[str]:
    """Send until nothing is left."""

    def send_one() -> str | None:
        with engine.begin() as connection:
            delivery = outbox.claim_delivery(
                connection, courier="courier", now=NOON, ttl=timedelta(minutes=2)
            )
            if delivery is None:
                return None
            outbox.mark_sent(connection, delivery, now=NOON, courier="courier", answer="0x0000")
            return delivery.sop_instance_uid

    return list(iter(send_one, None))


def finish_all(engine: Engine) -> list[str]:
    """Claim and finish until nothing is left."""

    def finish_one() -> str | None:
        with engine.begin() as connection:
            lease = queue.claim(connection, worker="worker", now=NOON, ttl=TTL)
        if lease is None:
            return None
        with engine.begin() as connection:
            return finished(connection, lease, now=NOON)

    return list(iter(finish_one, None))


def receive_all(engine: Engine) -> list[str]:
    """Receive every film, each in its own transaction."""
    for film in FILMS:
        with engine.begin() as connection:
            receive(connection, film, now=NOON)
    return []


def test_no_two_workers_share_a_study(database: Engine) -> None:
    with database.begin() as connection:
        queued(connection, *FILMS, now=NOON)

    claimed = at_once(*[lambda: claim_all(database)] * WORKERS)

    studies = [study for worker in claimed for study in worker]
    assert sorted(studies) == sorted(film.study_uid for film in FILMS)


def test_no_two_couriers_send_the_same_capture(database: Engine) -> None:
    captures = [f"2.25.{number}.2" for number in range(STUDIES)]
    with database.begin() as connection:
        posted(connection, *map(parcel, captures), now=NOON)

    sent = at_once(*[lambda: send_all(database)] * WORKERS)

    assert sorted(capture for courier in sent for capture in courier) == sorted(captures)
    with database.begin() as connection:
        assert set(delivery_states(connection)) == {DeliveryState.SENT_UNPROVEN}


def test_listeners_that_meet_in_a_new_study_make_it_once(database: Engine, clock: Clock) -> None:
    def bring(number: int) -> list[bool]:
        with database.begin() as connection:
            return receive(connection, receipt(f"2.25.{number}"), now=clock.now)

    new = at_once(*[lambda number=number: bring(number) for number in range(WORKERS)])

    assert new == [[True]] * WORKERS
    with database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.study)) == 1


def test_listeners_that_bring_the_same_film_keep_it_once(database: Engine, clock: Clock) -> None:
    def bring() -> list[bool]:
        with database.begin() as connection:
            return receive(connection, receipt(), now=clock.now)

    new = at_once(*[bring] * WORKERS)

    assert sorted(new) == [[False], [False], [False], [True]]


def test_repeats_that_come_while_their_study_is_finished_hold_nobody_up(database: Engine) -> None:
    with database.begin() as connection:
        queued(connection, *FILMS, now=NOON)

    at_once(lambda: finish_all(database), lambda: receive_all(database))

    with database.begin() as connection:
        assert film_states(connection) == [FilmState.ASSESSED] * STUDIES
