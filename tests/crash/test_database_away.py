"""A database that is away, or dies: refused for now, and it is over by itself."""

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders.postgresql import TEMPLATE, PostgreSQL
from tests.builders.raw import RawClient
from tests.builders.waiting import wait_until
from tests.crash.films import SentFilm
from tests.crash.site import Site
from tests.crash.storm import Storm, storm
from triage.database.engine import open_engine

SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700
SEED = 20260118


@pytest.fixture
def mortal() -> Iterator[PostgreSQL]:
    """A server of one test alone, which may be killed."""
    with PostgreSQL.running() as server:
        yield server


@pytest.fixture
def mortal_site(mortal: PostgreSQL, tmp_path: Path) -> Iterator[Site]:
    engine = open_engine(mortal.create("mortal", template=TEMPLATE))
    yield Site(tmp_path / "data", engine)
    engine.dispose()


def crash(server: PostgreSQL) -> None:
    """End the server without a word to anybody, as a power cut in its own house."""
    with server.admin.connect() as connection:
        lock = Path(str(connection.scalar(text("SHOW data_directory")))) / "postmaster.pid"
    os.kill(int(lock.read_text().split()[0]), signal.SIGQUIT)
    wait_until(lambda: not lock.exists())


def grow(sent: Storm) -> None:
    """Return when some more films were acknowledged."""
    before = sent.times(SUCCESS)
    wait_until(lambda: sent.times(SUCCESS) > before + 20)


def be_refused(sent: Storm) -> None:
    """Return when some more films were refused."""
    before = sent.times(OUT_OF_RESOURCES)
    wait_until(lambda: sent.times(OUT_OF_RESOURCES) > before + 8)


def suffer(sent: Storm, server: PostgreSQL, take_away: Callable[[], None]) -> None:
    """Take the server away from a storm, and give it back."""
    grow(sent)
    take_away()
    be_refused(sent)
    server.start()
    grow(sent)


def test_films_are_refused_while_the_server_is_away_and_no_listener_ends(
    mortal: PostgreSQL, mortal_site: Site
) -> None:
    with mortal_site.listeners(many=2) as listeners, storm(listeners.port, seed=SEED) as sent:
        suffer(sent, mortal, mortal.stop)
        suffer(sent, mortal, partial(crash, mortal))
        ended = [process.exit_code for process in listeners.processes]

    assert ended == [None, None]
    assert sent.statuses == {SUCCESS, OUT_OF_RESOURCES}
    assert mortal_site.checker.lost(sent.acknowledged) == []
    assert mortal_site.checker.altered(sent.acknowledged) == []
    assert mortal_site.checker.partial() == []


def test_a_listener_that_starts_before_its_database_takes_films_once_it_is_there(
    mortal: PostgreSQL, mortal_site: Site
) -> None:
    film = SentFilm(1)
    mortal.stop()
    with mortal_site.listeners() as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        away = modality.store(film.data_set, film.uid)
        mortal.start()
        there = modality.store(film.data_set, film.uid)

    assert (away, there) == (OUT_OF_RESOURCES, SUCCESS)
    assert mortal_site.checker.lost([film.uid]) == []


def test_who_answers_while_the_server_is_away_is_noticed(
    mortal: PostgreSQL, mortal_site: Site
) -> None:
    film = SentFilm(1)
    with mortal_site.listeners("hasty") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        mortal.stop()
        status = modality.store(film.data_set, film.uid)
        modality.release()
        listeners.only.kill()
    mortal.start()

    assert status == SUCCESS
    assert mortal_site.checker.lost([film.uid]) == [film.uid]
