"""Two houses on one PostgreSQL: the same films come to both, and are one each."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.raw import RawClient
from tests.crash.films import SentFilm
from tests.crash.site import Site

pytestmark = pytest.mark.parametrize("backend", ["postgresql"])

FILMS = [SentFilm(number) for number in range(40)]


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
