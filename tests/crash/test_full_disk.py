"""Disks that are full: refused for now, the association goes on, and it is over by itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.disk import fill, free_bytes, small_disk
from tests.builders.raw import RawClient
from tests.crash.films import LARGE, SentFilm
from tests.crash.site import Site
from triage.database.engine import open_engine

SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700
LARGE_FILM = SentFilm(1, LARGE)
SMALL_FILMS = [SentFilm(number) for number in range(2, 22)]
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", size="4m") as disk:
        yield disk


@pytest.fixture
def small_site(disk: Path, database: Engine) -> Site:
    """A house whose data folder is on the small disk, and its database elsewhere."""
    return Site(disk / "data", database)


@pytest.fixture
def small_database(disk: Path, migrated_file: Path, tmp_path: Path) -> Iterator[Site]:
    """A house whose SQLite file is on the small disk, and its data folder elsewhere."""
    engine = open_engine(f"sqlite:///{shutil.copy(migrated_file, disk / 'triage.sqlite3')}")
    yield Site(tmp_path / "data", engine)
    engine.dispose()


def stored(modality: RawClient, *films: SentFilm) -> list[int | None]:
    return [modality.store(film.data_set, film.uid) for film in films]


def test_a_full_spool_refuses_until_there_is_room(small_site: Site, disk: Path) -> None:
    with small_site.listeners("product") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        first = stored(modality, SMALL_FILMS[0])
        filler = fill(disk, but=LARGE // 2)
        before = free_bytes(disk)
        full = stored(modality, LARGE_FILM)
        left = before - free_bytes(disk)
        meanwhile = stored(modality, SMALL_FILMS[1])
        filler.unlink()
        again = stored(modality, LARGE_FILM)

    assert (first, full, meanwhile, again) == ([SUCCESS], [OUT_OF_RESOURCES], [SUCCESS], [SUCCESS])
    assert left < 8192  # a line of the log, and no half film
    assert small_site.checker.partial() == small_site.checker.strange() == []
    assert small_site.checker.lost([LARGE_FILM.uid, SMALL_FILMS[1].uid]) == []


@ON_SQLITE
def test_half_a_film_on_a_full_disk_is_noticed(small_site: Site, disk: Path) -> None:
    with small_site.listeners("visible") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        fill(disk, but=LARGE // 2)
        stored(modality, LARGE_FILM)

        assert len(small_site.checker.partial()) == 1


def test_a_full_database_refuses_until_there_is_room(small_database: Site, disk: Path) -> None:
    with small_database.listeners("product") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        filler = fill(disk, but=200_000)
        full = stored(modality, *SMALL_FILMS)
        filler.unlink()
        again = stored(modality, *SMALL_FILMS)

    uids = [film.uid for film in SMALL_FILMS]
    assert set(full) == {SUCCESS, OUT_OF_RESOURCES}
    assert set(again) == {SUCCESS}
    assert small_database.checker.lost(uids) == []
    assert small_database.integrity() == "ok"


def test_who_answers_before_a_full_database_is_noticed(small_database: Site, disk: Path) -> None:
    with small_database.listeners("hasty") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        filler = fill(disk, but=40_000)
        answers = stored(modality, *SMALL_FILMS)
        modality.release()
        listeners.only.kill()
        filler.unlink()

    assert set(answers) == {SUCCESS}
    assert small_database.checker.lost([film.uid for film in SMALL_FILMS]) != []
