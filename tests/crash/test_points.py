"""kill -9 at each step of an instance's way: nothing acknowledged is lost, and it may come again.

The listener is composed with parts that kill their own process at a named point.
"""

import os
from datetime import timedelta

import pytest

from tests.builders.keeper import keeping
from tests.builders.raw import RawClient, message, store_rq
from tests.builders.studies import CR_STORAGE as CR
from tests.builders.waiting import wait_until
from tests.crash.films import LARGE, SentFilm
from tests.crash.points import Point
from tests.crash.site import Site
from tests.protocol.conftest import listening
from triage.daemon.scheduler import Sweeper
from triage.spool import Spool

FILM = SentFilm(1, LARGE)
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])
TWO_DAYS_S = 2 * 24 * 3600


def sent_to(site: Site, parts: str) -> list[str]:
    """Send one film to a listener that kills itself; return what was acknowledged."""
    with site.listeners(parts) as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        status = modality.store(FILM.data_set, FILM.uid)
        assert listeners.only.wait() == -9
    return [FILM.uid] if status == 0x0000 else []


def resent(site: Site) -> int | None:
    """Send the film to a listener that is whole, and let its study be complete."""
    keeper = keeping(site.engine, site.spool)
    with listening(keeper) as scp, RawClient(scp.port) as modality:
        modality.associate()
        status = modality.store(FILM.data_set, FILM.uid)
        modality.release()
    return status


def sweep_in_two_days(site: Site) -> None:
    """Let the files be older, and sweep."""
    for path in site.folder.glob("spool/*/*.dcm"):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - TWO_DAYS_S))
    results = Spool(site.folder / "results")
    Sweeper(site.engine, films=site.spool, results=results, retain=timedelta(days=7)).sweep()


@pytest.mark.parametrize("point", Point)
def test_what_was_on_its_way_is_not_lost_and_may_come_again(point: Point, site: Site) -> None:
    acknowledged = sent_to(site, point)
    checker = site.checker
    wrong = [*checker.lost(acknowledged), *checker.partial(), *checker.strange()]

    status = resent(site)

    site.complete()
    assert wrong == []
    assert status == 0x0000
    assert checker.lost([FILM.uid]) == checker.altered({FILM.uid: FILM.digest}) == []
    assert checker.repeated() == []
    assert bool(acknowledged) == (point is Point.AFTER_RESPONSE)


@pytest.mark.parametrize("point", [Point.AFTER_LINK, Point.BEFORE_COMMIT])
def test_a_file_that_got_no_row_is_swept(point: Point, site: Site) -> None:
    sent_to(site, point)
    orphans = site.checker.orphans()

    sweep_in_two_days(site)

    assert orphans == {FILM.digest}
    assert site.checker.orphans() == set()


@pytest.mark.parametrize("point", [Point.AFTER_COMMIT, Point.AFTER_RESPONSE])
def test_a_file_with_a_row_is_not_swept_for_a_crash(point: Point, site: Site) -> None:
    sent_to(site, point)

    sweep_in_two_days(site)

    assert site.checker.lost([FILM.uid]) == []


@ON_SQLITE
def test_a_ledger_that_answers_before_it_commits_is_noticed(site: Site) -> None:
    acknowledged = sent_to(site, f"hasty {Point.AFTER_RESPONSE}")

    assert site.checker.lost(acknowledged) == [FILM.uid]


@ON_SQLITE
def test_a_file_that_is_visible_before_it_is_whole_is_noticed(site: Site) -> None:
    with site.listeners("visible") as listeners, RawClient(listeners.port) as modality:
        modality.associate()
        modality.send(message(store_rq(CR, FILM.uid), FILM.data_set)[: LARGE // 2])
        wait_until(lambda: any(site.folder.glob("spool/*/*.dcm")))
        listeners.only.kill()

    assert len(site.checker.partial()) == 1


@ON_SQLITE
def test_a_film_that_is_taken_for_a_new_one_is_noticed(site: Site) -> None:
    sent_to(site, f"forgetful {Point.AFTER_COMMIT}")

    resent(site)

    site.complete()
    assert site.checker.repeated() == [f"instance {FILM.uid}", f"film {FILM.study_uid}"]


@ON_SQLITE
def test_a_file_that_no_sweep_would_find_is_noticed(site: Site) -> None:
    site.spool.folder.joinpath("00", "unfinished").touch()

    assert site.checker.strange() == ["unfinished"]


@ON_SQLITE
def test_a_film_that_was_changed_on_its_way_is_noticed(site: Site) -> None:
    acknowledged = sent_to(site, f"forgetful {Point.AFTER_RESPONSE}")

    assert site.checker.lost(acknowledged) == []
    assert site.checker.altered({FILM.uid: FILM.digest}) == [FILM.uid]
