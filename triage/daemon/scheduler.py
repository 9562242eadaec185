"""The scheduler process: clocks that move studies on, sums by day, and the sweep of old files."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler

from triage.daemon.bookmark import Bookmark
from triage.daemon.child import Ready
from triage.database import queue, sweep
from triage.database.calendar import add_days
from triage.database.clock import follow_back
from triage.database.engine import (
    DatabaseError,
    Engine,
    database_time,
    open_engine,
    refuse_damaged,
)
from triage.database.roll_up import roll_up
from triage.domain.errors import DamagedDatabase
from triage.settings import Settings
from triage.spool import Spool

COMPLETION_EVERY_S = 0.25
LEASES_EVERY_S = 1.0
CLOCK_EVERY_S = 60.0
SWEEP_EVERY_S = 3600.0
SUM_UP_EVERY_S = 3600.0
NOTE_NEWEST_EVERY_S = 10.0
DATABASE_AWAY_S = 5.0
AHEAD = timedelta(hours=2)
"""What lies so much further ahead than the longest wait was written by a clock that was fast."""
RETAIN_OTHERS = timedelta(days=1)
JUST_STORED_S = 600.0
"""No film needs so long from its last byte to its commit: a fsync, and what LISTENER grants."""
ORPHAN_AGE_S = 24 * 3600.0
BATCH = 500

logger = structlog.get_logger(__name__)


class Sweeper:
    """Removes files that no study, no delivery and no person needs any more.

    Where the database has lost rows, nothing is removed: their films have no others.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        films: Spool,
        results: Spool,
        retain: timedelta,
        bookmark: Bookmark | None = None,
    ) -> None:
        self._engine = engine
        self._bookmark = bookmark
        self._films = films
        self._results = results
        self._retain = retain

    def sweep(self) -> None:
        """Sweep films, encoded results, and what crashes left without a row."""
        if self._rows_are_lost():
            logger.critical("nothing is swept: the database lacks films that it had")
            return
        removed = self._sweep_films() + self._sweep_results() + self._sweep_orphans()
        for spool in (self._films, self._results):
            spool.sweep_unfinished()
        if removed:
            logger.info("swept", files=removed)

    def _rows_are_lost(self) -> bool:
        if self._bookmark is None:
            return False
        with self._engine.begin() as connection:
            return self._bookmark.is_lost(connection)

    def _sweep_films(self) -> int:
        removed = 0
        while True:
            with self._engine.begin() as connection:
                now = database_time(connection)
                others = min(RETAIN_OTHERS, self._retain)
                found = sweep.sweepable_films(
                    connection, now=now, retain=self._retain, retain_others=others
                )
                # The row is marked only after the file has gone, so that a crash repeats this;
                # a file that came again a moment ago stays, for its sender is being answered.
                gone = [
                    number
                    for number, digest in found
                    if self._films.remove(digest, older_than_s=JUST_STORED_S)
                ]
                sweep.mark_swept(connection, gone, now=now)
            removed += len(gone)
            if not gone:
                return removed

    def _sweep_results(self) -> int:
        age_s = self._retain.total_seconds()
        removed = 0
        for digests in _batches(self._results.digests(older_than_s=age_s)):
            with self._engine.begin() as connection:
                finished = sweep.finished_results(connection, digests)
            for digest in finished:
                self._results.remove(digest, older_than_s=max(age_s, JUST_STORED_S))
            removed += len(finished)
        return removed

    def _sweep_orphans(self) -> int:
        """A crash between link and commit leaves a file that was never acknowledged."""
        removed = 0
        for digests in _batches(self._films.digests(older_than_s=ORPHAN_AGE_S)):
            with self._engine.begin() as connection:
                orphans = set(digests) - sweep.known_films(connection, digests)
            for digest in orphans:
                self._films.remove(digest, older_than_s=ORPHAN_AGE_S)
            removed += len(orphans)
        return removed


class Clockwork:
    """Completes studies, takes back the leases of workers that died, and sums up days."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._quiet = timedelta(seconds=settings.completion.quiet_s)
        self._longest_wait = timedelta(seconds=settings.completion.longest_wait_s)
        self._most_deaths = settings.worker.most_deaths
        waits = (settings.worker.lease_s, settings.pacs.proof_within_s, settings.pacs.timeout_s)
        self._ahead = AHEAD + timedelta(seconds=sum(waits))

    def complete(self) -> None:
        """Queue the studies that are complete."""
        with self._engine.begin() as connection:
            queue.complete_studies(
                connection,
                now=database_time(connection),
                quiet=self._quiet,
                longest_wait=self._longest_wait,
            )

    def take_back(self) -> None:
        """Requeue the studies whose lease has expired."""
        with self._engine.begin() as connection:
            count = queue.release_abandoned(
                connection,
                worker=None,
                now=database_time(connection),
                most_deaths=self._most_deaths,
            )
        if count:
            logger.warning("leases expired", studies=count)

    def follow_the_clock(self) -> None:
        """Take up what waits for a moment of a clock that was set back meanwhile."""
        with self._engine.begin() as connection:
            count = follow_back(connection, now=database_time(connection), ahead=self._ahead)
        if count:
            logger.error("the database's clock was set back", waited=count)

    def sum_up(self) -> None:
        """Add the days that come, and sum up the scores of those that are over."""
        with self._engine.begin() as connection:
            add_days(connection, now=database_time(connection))
        if days := roll_up(self._engine):
            logger.info("scores summed up", days=days)


class Patient:
    """A job that rests where the database is away, and says so once a while."""

    def __init__(self, job: Callable[[], None]) -> None:
        self._job = job
        self._rests_until = 0.0

    def __call__(self) -> None:
        """Run the job, unless it rests.

        Raises:
            DamagedDatabase: to rest would not mend it.
        """
        if time.monotonic() < self._rests_until:
            return
        try:
            self._job()
        except DatabaseError as error:
            refuse_damaged(error)
            self._rests_until = time.monotonic() + DATABASE_AWAY_S
            logger.error("the database is away", reason=type(error.orig).__name__)


def new_clock() -> BackgroundScheduler:
    """Make a clock that begins no job a second time while it runs."""
    return BackgroundScheduler(
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )


def keep_time(clock: BackgroundScheduler, *, stop: threading.Event, ready: Ready) -> None:
    """Run a clock until told to stop.

    Raises:
        DamagedDatabase: a job has met it.
    """
    met: list[DamagedDatabase] = []

    def _note_damage(event: JobExecutionEvent) -> None:
        if isinstance(event.exception, DamagedDatabase):
            met.append(event.exception)
            stop.set()

    clock.add_listener(_note_damage, EVENT_JOB_ERROR)
    clock.start()
    ready({})
    stop.wait()
    clock.shutdown(wait=True)
    if met:
        raise met[0]


def run(settings: Settings, *, stop: threading.Event, ready: Ready) -> None:
    """Run the clocks until told to stop.

    Raises:
        DamagedDatabase: a job has met it.
    """
    engine = open_engine(settings.database_url)
    clockwork = Clockwork(engine, settings)
    bookmark = Bookmark(settings.data.folder)
    sweeper = Sweeper(
        engine,
        films=Spool(settings.data.folder / "spool"),
        results=Spool(settings.data.folder / "results"),
        retain=timedelta(days=settings.spool.retain_days),
        bookmark=bookmark,
    )
    clock = new_clock()
    clock.add_job(Patient(clockwork.complete), "interval", seconds=COMPLETION_EVERY_S)
    clock.add_job(Patient(clockwork.take_back), "interval", seconds=LEASES_EVERY_S)
    clock.add_job(Patient(clockwork.follow_the_clock), "interval", seconds=CLOCK_EVERY_S)
    clock.add_job(Patient(sweeper.sweep), "interval", seconds=SWEEP_EVERY_S)
    clock.add_job(
        Patient(partial(_note, engine, bookmark)), "interval", seconds=NOTE_NEWEST_EVERY_S
    )
    clock.add_job(Patient(clockwork.sum_up), "interval", seconds=SUM_UP_EVERY_S)
    keep_time(clock, stop=stop, ready=ready)


def _note(engine: Engine, bookmark: Bookmark) -> None:
    with engine.begin() as connection:
        bookmark.keep(connection)


def _batches(digests: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(digests, BATCH)):
        yield batch
