"""Two houses on one PostgreSQL: the same films come to both, and are one each."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, text

from tests.builders.raw import RawClient
from tests.builders.studies import STUDY, queued
from tests.crash.films import SentFilm
from tests.crash.site import Site
from triage.database import queue
from triage.database.engine import database_time

pytestmark = pytest.mark.parametrize("backend", ["postgresql"])

FILMS = [SentFilm(number) for number in range(40)]

Take = Callable[[Connection, Barrier], str | None]


@pytest.fixture
def houses(database: Engine, tmp_path: Path) -> tuple[Site, Site]:
    """Two data folders on one database."""
    return Site(tmp_path / "one", database), Site(tmp_path / "two", database)


def stored(port: int) -> list[int | None]:
    with RawClient(port) as modality:
        modality.associate()
        answers = [modality.store(film.data_set, film.uid) for film in FILMS]
        modality.release()
    return answers


def sent_to_both(houses: Sequence[Site], parts: str) -> list[list[int | None]]:
    """Store the same films in both houses at once."""
    one, two = houses
    with (
        one.listeners(parts) as here,
        two.listeners(parts) as there,
        ThreadPoolExecutor(2) as pool,
    ):
        return list(pool.map(stored, [here.port, there.port]))


def test_a_film_that_comes_to_both_is_one_film_and_queued_once(
    houses: tuple[Site, Site],
) -> None:
    answers = sent_to_both(houses, "product")

    uids = [film.uid for film in FILMS]
    queued = [house.complete() for house in houses]
    assert answers == [[0x0000] * len(FILMS)] * 2
    assert queued == [len(FILMS), 0]
    assert [house.checker.repeated() for house in houses] == [[], []]
    assert [house.checker.lost(uids) for house in houses] == [[], []]


def test_houses_that_take_it_for_two_films_are_noticed(houses: tuple[Site, Site]) -> None:
    sent_to_both(houses, "forgetful")

    houses[0].complete()
    assert len(houses[0].checker.repeated()) == 2 * len(FILMS)


def carefully(connection: Connection, barrier: Barrier) -> str | None:
    """Take a study as a worker does."""
    barrier.wait()
    lease = queue.claim(
        connection, worker="worker", now=database_time(connection), ttl=timedelta(minutes=1)
    )
    return None if lease is None else lease.study_uid


def carelessly(connection: Connection, barrier: Barrier) -> str | None:
    """Look first, and then take what was seen."""
    uid = connection.scalar(text("SELECT study_uid FROM study WHERE state = 'QUEUED'"))
    barrier.wait()
    taken = text("UPDATE study SET last_received_at = last_received_at WHERE study_uid = :uid")
    connection.execute(taken, {"uid": uid})
    return str(uid)


def taken_by_both(database: Engine, take: Take) -> list[str | None]:
    """Let two workers take the only study that waits, at the same time."""
    with database.begin() as connection:
        queued(connection, now=database_time(connection))
    barrier = Barrier(2, timeout=30)

    def work(_number: int) -> str | None:
        with database.begin() as connection:
            return take(connection, barrier)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, range(2)))


def test_no_two_workers_take_one_study(database: Engine) -> None:
    assert set(taken_by_both(database, carefully)) == {STUDY, None}


def test_workers_that_look_before_they_take_are_noticed(database: Engine) -> None:
    assert taken_by_both(database, carelessly) == [STUDY, STUDY]
