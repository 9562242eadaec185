"""A database that somebody holds: everybody is answered before a sender gives up."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.builders.raw import RawClient
from tests.crash.conftest import Tell
from tests.crash.films import SentFilm
from tests.crash.site import Site

DIMSE_TIMEOUT_S = 30.0
SOON_S = 4.0
SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700
FILM = SentFilm(1)


@contextmanager
def held(site: Site) -> Iterator[None]:
    """Hold the database: all of SQLite, or one table of PostgreSQL."""
    with site.engine.begin() as connection:  # which takes SQLite's only write lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE instance IN EXCLUSIVE MODE"))
        yield


def stored(port: int, film: SentFilm) -> tuple[int | None, float]:
    """Store a film; return the status, and how long its answer took."""
    with RawClient(port, timeout_s=2 * DIMSE_TIMEOUT_S) as modality:
        modality.associate()
        began = time.monotonic()
        return modality.store(film.data_set, film.uid), time.monotonic() - began


@pytest.mark.parametrize(
    ("backend", "senders"),
    [
        ("postgresql", 1),
        pytest.param("postgresql", 32, marks=pytest.mark.chaos),
        pytest.param("sqlite", 32, marks=pytest.mark.chaos),
    ],
)
def test_everybody_is_answered_within_the_dimse_timeout(
    senders: int, site: Site, tell: Tell
) -> None:
    films = [SentFilm(number) for number in range(senders)]
    with site.listeners("product") as listeners, ThreadPoolExecutor(senders) as pool:
        with held(site):
            answers = list(pool.map(lambda film: stored(listeners.port, film), films))
        afterwards = [stored(listeners.port, film)[0] for film in films]

    longest_s = max(seconds for _, seconds in answers)
    tell(f"{site.engine.dialect.name} held: {senders} answers within {longest_s:.1f} s")
    assert {status for status, _ in answers} == {OUT_OF_RESOURCES}
    assert longest_s < DIMSE_TIMEOUT_S
    assert set(afterwards) == {SUCCESS}


@pytest.mark.parametrize("backend", ["postgresql"])
def test_an_engine_with_all_the_time_in_the_world_is_noticed(site: Site) -> None:
    with (
        site.listeners("unhurried") as listeners,
        RawClient(listeners.port, timeout_s=SOON_S) as modality,
        held(site),
    ):
        modality.associate()
        with pytest.raises(TimeoutError):
            modality.store(FILM.data_set, FILM.uid)
