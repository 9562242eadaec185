"""Limits of the process itself: what is too much is refused, and it is over by itself."""

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders.crowd import silent_crowd
from tests.builders.raw import RawClient, associate_rq
from tests.builders.waiting import wait_until
from tests.crash.films import LARGE, SentFilm
from tests.crash.site import Site

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

SUCCESS, OUT_OF_RESOURCES = 0x0000, 0xA700
FIRST, SECOND, THIRD = SentFilm(1), SentFilm(2), SentFilm(3)
LARGE_FILM = SentFilm(4, LARGE)
SPARE = 8


def stored(modality: RawClient, film: SentFilm) -> int | None:
    return modality.store(film.data_set, film.uid)


def descriptors(pid: int) -> list[int]:
    return [int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()]


def limit(pid: int, which: int, most: int) -> None:
    """Set the soft limit of another process."""
    _, hard = resource.prlimit(pid, which)
    resource.prlimit(pid, which, (most, hard))


@contextmanager
def without_descriptors(pid: int, port: int) -> Iterator[None]:
    """Let silent peers take all descriptors that a process may have; they leave at the end."""
    most = max(descriptors(pid)) + 1 + SPARE
    limit(pid, resource.RLIMIT_NOFILE, most)
    with silent_crowd(port, many=most):
        wait_until(lambda: len(descriptors(pid)) == most)
        yield


def test_without_descriptors_films_are_refused_and_callers_wait(site: Site) -> None:
    with site.listeners("product") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        first = stored(modality, FIRST)
        before = len(descriptors(listeners.only.pid))
        with without_descriptors(listeners.only.pid, listeners.port):
            caller = RawClient(listeners.port)
            caller.send(associate_rq())
            refused = stored(modality, SECOND)
        accepted = caller.answer().kind
        wait_until(lambda: len(descriptors(listeners.only.pid)) <= before + 2)
        again = stored(modality, SECOND)
        third = stored(caller, THIRD)
        caller.close()

    assert (first, refused, again) == (SUCCESS, OUT_OF_RESOURCES, SUCCESS)
    assert (accepted, third) == ("accept", SUCCESS)
    assert site.checker.lost([FIRST.uid, SECOND.uid, THIRD.uid]) == []


def test_a_keeper_that_lets_the_systems_errors_through_is_noticed(site: Site) -> None:
    with site.listeners("raw") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        stored(modality, FIRST)
        with without_descriptors(listeners.only.pid, listeners.port):
            answer = stored(modality, SECOND)

    assert answer is None


def test_a_film_that_is_too_large_for_the_process_is_refused_alone(site: Site) -> None:
    with site.listeners() as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        limit(listeners.only.pid, resource.RLIMIT_FSIZE, LARGE // 2)
        refused = stored(modality, LARGE_FILM)
        meanwhile = stored(modality, FIRST)
        limit(listeners.only.pid, resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
        again = stored(modality, LARGE_FILM)

    assert (refused, meanwhile, again) == (OUT_OF_RESOURCES, SUCCESS, SUCCESS)
    assert site.checker.lost([LARGE_FILM.uid, FIRST.uid]) == []
    assert site.checker.partial() == []


def test_a_database_that_may_not_grow_refuses_until_it_may(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "triage.sqlite3-wal"
    with site.listeners("product") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        first = stored(modality, FIRST)
        limit(listeners.only.pid, resource.RLIMIT_FSIZE, log.stat().st_size)
        refused = stored(modality, SECOND)
        limit(listeners.only.pid, resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
        again = stored(modality, SECOND)

    assert (first, refused, again) == (SUCCESS, OUT_OF_RESOURCES, SUCCESS)
    assert site.checker.lost([FIRST.uid, SECOND.uid]) == []
    assert site.integrity() == "ok"


def test_a_process_that_does_not_ignore_the_signal_dies_of_it(site: Site) -> None:
    with site.listeners("fragile") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        limit(listeners.only.pid, resource.RLIMIT_FSIZE, LARGE // 2)
        answer = stored(modality, LARGE_FILM)
        code = listeners.only.wait()

    assert (answer, code) == (None, -signal.SIGXFSZ)
