"""The scheduler's work: completion, expired leases, and the sweep of old files."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select, update

from tests.builders.damage import said_by_sqlite
from tests.builders.studies import (
    CAPTURE,
    PACS,
    TTL,
    finished,
    leased,
    posted,
    queued,
    receipt,
    receive,
    state_of,
)
from triage.daemon.bookmark import Bookmark
from triage.daemon.ledger import PATIENCE_S
from triage.daemon.scheduler import (
    JUST_STORED_S,
    Clockwork,
    Patient,
    Sweeper,
    keep_time,
    new_clock,
)
from triage.database import reporting_schema as reporting
from triage.database import schema
from triage.database.calendar import AHEAD
from triage.database.engine import LISTENER, database_time, open_engine
from triage.database.results import Parcel
from triage.domain.errors import DamagedDatabase
from triage.domain.study import Lease, StudyState
from triage.settings import load_settings
from triage.spool import Spool

FILM = b"a film"
DAY_S = 24 * 3600
RETAIN = timedelta(days=7)


@pytest.fixture
def films(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def results(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "results")


@pytest.fixture
def sweeper(database: Engine, films: Spool, results: Spool) -> Sweeper:
    return Sweeper(database, films=films, results=results, retain=RETAIN)


@pytest.fixture
def clockwork(database: Engine) -> Clockwork:
    return Clockwork(database, load_settings(None, environment={}))


def stored(spool: Spool, *, days_ago: float) -> Path:
    """Store a file as it was stored some days ago."""
    path = spool.path(spool.write([FILM]))
    moment = time.time() - days_ago * DAY_S
    os.utime(path, (moment, moment))
    return path


def kept(database: Engine, path: Path, *, days_ago: float) -> Lease:
    """Receive the film in this file, and lease its study, some days ago."""
    with database.begin() as connection:
        then = database_time(connection) - timedelta(days=days_ago)
        return leased(connection, receipt(digest=path.stem), now=then)


def ended(database: Engine, path: Path, *, days_ago: float) -> None:
    """Receive the film in this file, and finish its study, some days ago."""
    lease = kept(database, path, days_ago=days_ago)
    with database.begin() as connection:
        finished(connection, lease, now=database_time(connection) - timedelta(days=days_ago))


def test_a_finished_studys_film_is_swept(database: Engine, films: Spool, sweeper: Sweeper) -> None:
    path = stored(films, days_ago=8)
    ended(database, path, days_ago=8)

    sweeper.sweep()

    assert not path.exists()
    with database.begin() as connection:
        assert connection.scalar(select(schema.instance.c.swept_at)) is not None


def test_a_film_of_this_week_is_not_swept(database: Engine, films: Spool, sweeper: Sweeper) -> None:
    path = stored(films, days_ago=6)
    ended(database, path, days_ago=6)

    sweeper.sweep()

    assert path.exists()


def test_an_unfinished_studys_film_is_not_swept(
    database: Engine, films: Spool, sweeper: Sweeper
) -> None:
    path = stored(films, days_ago=30)
    kept(database, path, days_ago=30)

    sweeper.sweep()

    assert path.exists()


def test_a_film_that_came_again_this_moment_is_not_swept(
    database: Engine, films: Spool, sweeper: Sweeper
) -> None:
    path = stored(films, days_ago=0)
    ended(database, path, days_ago=30)

    sweeper.sweep()

    assert path.exists()
    with database.begin() as connection:
        assert connection.scalar(select(schema.instance.c.swept_at)) is None


def test_a_film_without_a_row_is_swept_after_a_day(films: Spool, sweeper: Sweeper) -> None:
    path = stored(films, days_ago=1.1)

    sweeper.sweep()

    assert not path.exists()


def test_a_film_without_a_row_may_be_on_its_way(films: Spool, sweeper: Sweeper) -> None:
    path = stored(films, days_ago=0.9)

    sweeper.sweep()

    assert path.exists()


def test_an_old_capture_that_nobody_needs_is_swept(results: Spool, sweeper: Sweeper) -> None:
    path = stored(results, days_ago=8)

    sweeper.sweep()

    assert not path.exists()


def test_a_capture_that_is_to_be_sent_is_not_swept(
    database: Engine, results: Spool, sweeper: Sweeper
) -> None:
    path = stored(results, days_ago=30)
    with database.begin() as connection:
        posted(connection, Parcel(PACS, CAPTURE, path.stem), now=database_time(connection))

    sweeper.sweep()

    assert path.exists()


class ReturningSpool(Spool):
    """Is given every file again that it has just called old."""

    def digests(self, *, older_than_s: float) -> Iterator[str]:
        for digest in super().digests(older_than_s=older_than_s):
            self.write([FILM])
            yield digest


def test_a_capture_that_is_stored_again_while_it_is_swept_stays(
    database: Engine, films: Spool, tmp_path: Path
) -> None:
    results = ReturningSpool(tmp_path / "results")
    path = stored(results, days_ago=8)

    Sweeper(database, films=films, results=results, retain=RETAIN).sweep()

    assert path.exists()


def test_a_film_may_take_minutes_from_the_disk_to_its_commit(
    database: Engine, films: Spool, sweeper: Sweeper
) -> None:
    path = stored(films, days_ago=(JUST_STORED_S - 60) / DAY_S)
    ended(database, path, days_ago=30)

    sweeper.sweep()

    assert path.exists()
    assert 10 * (PATIENCE_S + LISTENER.turn_s + LISTENER.connection_s) < JUST_STORED_S


def test_a_quiet_study_is_completed(database: Engine, clockwork: Clockwork) -> None:
    with database.begin() as connection:
        receive(connection, receipt(), now=database_time(connection) - timedelta(seconds=3))

    clockwork.complete()

    with database.begin() as connection:
        assert state_of(connection) == StudyState.QUEUED


def test_an_expired_lease_is_taken_back(database: Engine, clockwork: Clockwork) -> None:
    with database.begin() as connection:
        leased(connection, now=database_time(connection) - 2 * TTL)

    clockwork.take_back()

    with database.begin() as connection:
        assert state_of(connection) == StudyState.QUEUED


def test_a_lease_that_runs_is_not_taken_back(database: Engine, clockwork: Clockwork) -> None:
    with database.begin() as connection:
        leased(connection, now=database_time(connection))

    clockwork.take_back()

    with database.begin() as connection:
        assert state_of(connection) == StudyState.ASSESSING


def test_a_job_rests_while_the_database_is_away() -> None:
    engine = open_engine("postgresql://nobody@127.0.0.1:9/nothing")
    tried: list[str] = []

    def job() -> None:
        tried.append("once")
        engine.connect()

    patient = Patient(job)
    patient()
    patient()

    assert tried == ["once"]


def test_the_scores_of_a_day_that_is_over_are_summed_up(
    database: Engine, clockwork: Clockwork
) -> None:
    with database.begin() as connection:
        now = database_time(connection) - timedelta(days=2)
        posted(connection, now=now)

    clockwork.sum_up()

    with database.begin() as connection:
        row = connection.execute(select(reporting.score_day)).one()
    assert (row.day, row.label, row.films, row.bin_9) == (now.date(), "tumour", 1, 1)


def test_the_days_that_come_are_added(database: Engine, clockwork: Clockwork) -> None:
    day = reporting.calendar_day.c.day
    with database.begin() as connection:
        today = database_time(connection).date()
        connection.execute(delete(reporting.calendar_day).where(day > today))

    clockwork.sum_up()

    with database.begin() as connection:
        last = connection.scalar(select(func.max(day)))
    assert last >= today + AHEAD


@pytest.fixture
def lost(database: Engine, tmp_path: Path) -> Bookmark:
    """A note of a film that the database lacks."""
    bookmark = Bookmark(tmp_path)
    with database.begin() as connection:
        receive(connection, receipt(), now=database_time(connection))
        bookmark.keep(connection)
        connection.execute(update(schema.instance).values(digest="another"))
    return bookmark


def test_nothing_is_swept_while_rows_are_lost(
    database: Engine, films: Spool, results: Spool, lost: Bookmark
) -> None:
    orphan, capture = stored(films, days_ago=30), stored(results, days_ago=30)

    Sweeper(database, films=films, results=results, retain=RETAIN, bookmark=lost).sweep()

    assert orphan.exists()
    assert capture.exists()


@pytest.mark.usefixtures("lost")
def test_without_a_bookmark_the_films_of_a_lost_database_are_swept(
    sweeper: Sweeper, films: Spool
) -> None:
    orphan = stored(films, days_ago=30)

    sweeper.sweep()

    assert not orphan.exists()


def test_a_study_of_a_clock_that_was_fast_is_taken_up(
    database: Engine, clockwork: Clockwork
) -> None:
    with database.begin() as connection:
        queued(connection, receipt(), now=database_time(connection) + timedelta(days=1))

    clockwork.follow_the_clock()

    with database.begin() as connection:
        due = connection.scalar(select(schema.study.c.next_attempt_at))
        assert due is not None
        assert due <= database_time(connection)


@pytest.mark.parametrize("error", ["SQLITE_CORRUPT", "SQLITE_CORRUPT_INDEX", "SQLITE_NOTADB"])
def test_damage_that_a_job_meets_ends_the_clock(error: str) -> None:
    def job() -> None:
        raise said_by_sqlite(error)

    clock = new_clock()
    clock.add_job(Patient(job))

    with pytest.raises(DamagedDatabase, match="triage database check tells where"):
        keep_time(clock, stop=threading.Event(), ready=lambda _: None)


def test_anything_else_that_a_job_meets_leaves_the_clock_to_its_stop() -> None:
    stop, clock = threading.Event(), new_clock()

    def job() -> None:
        stop.set()
        raise said_by_sqlite("SQLITE_BUSY")

    clock.add_job(Patient(job), "interval", seconds=0.05)

    keep_time(clock, stop=stop, ready=lambda _: None)


@pytest.mark.parametrize(("within_s", "moved"), [(3600.0, True), (2 * 86_400.0, False)])
def test_what_waits_a_day_for_its_proof_by_setting_goes_on_waiting(
    database: Engine, within_s: float, moved: bool
) -> None:
    settings = load_settings(None, environment={"TRIAGE_PACS__PROOF_WITHIN_S": str(within_s)})
    with database.begin() as connection:
        tomorrow = database_time(connection) + timedelta(days=1)
        posted(connection, now=tomorrow)

    Clockwork(database, settings).follow_the_clock()

    with database.begin() as connection:
        due = connection.scalar(select(schema.delivery.c.next_attempt_at))
    assert (due != tomorrow) is moved
