"""The worker process: leases studies and assesses their films, some at the same time."""

import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from time import perf_counter

import structlog

from triage.daemon.batching import Batching
from triage.daemon.child import Ready
from triage.daemon.condition import Condition
from triage.daemon.judge import Judge
from triage.daemon.retrial import Retrial
from triage.daemon.shift import Shift
from triage.daemon.watchdog import Watchdog
from triage.database import queue, results
from triage.database.engine import (
    UNHURRIED,
    Connection,
    DatabaseAway,
    DatabaseError,
    Engine,
    NoConnectionFree,
    Patience,
    database_time,
    open_engine,
    refuse_damaged,
    sqlite_file,
)
from triage.database.results import Outcome, Timing
from triage.domain.errors import LeaseLost, place_of
from triage.domain.study import Instance, Lease
from triage.pipeline import Route, build_route
from triage.settings import Settings
from triage.spool import Spool

AT_ONCE = 8
"""Studies, and films: batches of 8 are nearly as fast as larger ones, and a film that waits holds
some 15 MB. Each study in hand is one that a crash would put back into the queue."""

IDLE_S = 0.1
DATABASE_AWAY_S = 2.0
LONGEST_STUDY_S = 900.0
NICENESS = 10
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
DISK_FULL_PAUSE = timedelta(minutes=1)

logger = structlog.get_logger(__name__)


class Worker:
    """Assesses studies; each has a lease that is kept alive meanwhile.

    Args:
        engine: queue and results.
        judge: decides each film.
        films: the threads that do so, for all studies.
        name: of this worker; a restarted one has the same.
        ttl: length of a lease.
        most_failures: a study that failed so often is DEAD.
        films_of: which films of a leased study are decided.
    """

    def __init__(
        self,
        engine: Engine,
        judge: Judge,
        *,
        films: Executor,
        name: str,
        ttl: timedelta,
        most_failures: int,
        films_of: Callable[[Connection, Lease], Sequence[Instance]] = results.waiting_films,
    ) -> None:
        self._engine = engine
        self._judge = judge
        self._films = films
        self._name = name
        self._ttl = ttl
        self._most_failures = most_failures
        self._films_of = films_of

    def take_over(self, *, most_deaths: int) -> None:
        """Requeue what this worker's dead predecessor had leased."""
        with self._engine.begin() as connection:
            now = database_time(connection)
            queue.release_abandoned(connection, worker=self._name, now=now, most_deaths=most_deaths)

    def claim(self, beside: int = 0) -> Lease | None:
        """Lease the study that waits longest, or return ``None``.

        Args:
            beside: how many studies this worker has in hand.
        """
        with self._engine.begin() as connection:
            now = database_time(connection)
            return queue.claim(connection, worker=self._name, now=now, ttl=self._ttl, beside=beside)

    def assess_one(self) -> bool:
        """Assess the study that waits longest; ``False`` where nothing waits."""
        if (lease := self.claim()) is None:
            return False
        self.assess(lease)
        return True

    def assess(self, lease: Lease) -> None:
        """Assess a leased study.

        Raises:
            DatabaseAway: the lease expires, and somebody takes the study up again.
            DamagedDatabase: the same, but nobody does.
        """
        log = logger.bind(study=lease.study_uid, attempt=lease.attempt)
        begin = perf_counter()
        try:
            with self._kept_alive(lease):
                state, stages = self._assess(lease)
            seconds = round(perf_counter() - begin, 3)
            log.info("study assessed", state=state, seconds=seconds, **stages)
        except LeaseLost as error:
            log.warning("lease lost, result dropped", reason=str(error))
        except (DatabaseAway, NoConnectionFree):
            raise  # the database is at fault, not the study: its lease expires
        except Exception as error:  # the one place where a study is blamed
            refuse_damaged(error)
            self._give_up(lease, error)
            log.error("study failed", reason=place_of(error))

    def _assess(self, lease: Lease) -> tuple[str, dict[str, float]]:
        with self._engine.begin() as connection:
            films = self._films_of(connection, lease)
        outcomes = [*self._films.map(self._judge.decide, films)]
        begin = perf_counter()
        with self._engine.begin() as connection:
            now = database_time(connection)
            state = results.finish(connection, lease, outcomes, now=now)
        return state, _stages(outcomes) | {"commit_s": round(perf_counter() - begin, 4)}

    def _give_up(self, lease: Lease, error: Exception) -> None:
        """Blame the study, but not where the disk is full: that is nobody's film's fault."""
        reason, full = place_of(error), isinstance(error, OSError) and error.errno in DISK_FULL
        try:
            with self._engine.begin() as connection:
                now = database_time(connection)
                if full:
                    queue.give_back(
                        connection, lease, reason=reason, now=now, pause=DISK_FULL_PAUSE
                    )
                else:
                    most = self._most_failures
                    queue.fail(connection, lease, reason=reason, now=now, most_failures=most)
        except LeaseLost as lost:
            logger.warning("lease lost before its failure was noted", reason=str(lost))

    @contextmanager
    def _kept_alive(self, lease: Lease) -> Iterator[None]:
        done = threading.Event()
        renewal = threading.Thread(target=self._renew, args=(lease, done), name="renewal")
        renewal.start()
        try:
            yield
        finally:
            done.set()
            renewal.join()

    def _renew(self, lease: Lease, done: threading.Event) -> None:
        """Renew each third of the lease, for as long as a study may take."""
        third_s = self._ttl.total_seconds() / 3
        for _ in range(int(LONGEST_STUDY_S / third_s)):
            if done.wait(third_s):
                return
            try:
                with self._engine.begin() as connection:
                    now = database_time(connection)
                    queue.renew(connection, lease, now=now, ttl=self._ttl)
            except (LeaseLost, DatabaseError, NoConnectionFree) as error:
                logger.warning("lease not renewed", reason=type(error).__name__)
                return


def _stages(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Sum the seconds of each stage over a study's films."""
    sums = {
        stage.name: sum(getattr(outcome.timing, stage.name) for outcome in outcomes)
        for stage in fields(Timing)
    }
    return {stage: round(seconds, 4) for stage, seconds in sums.items() if seconds}


def give_way() -> None:
    """Let reception go before inference where both want the same core; idle cores are used."""
    os.nice(NICENESS)


def run(settings: Settings, *, stop: threading.Event, ready: Ready) -> None:
    """Assess until told to stop; what is under way is finished first.

    Raises:
        ConfigurationError: the bundle is refused.
    """
    give_way()
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="film") as films:
        shared = partial(Batching, most=AT_ONCE)
        condition = Condition(settings.data.folder)
        condition.clear()
        route = build_route(settings, tell=condition.tell, shared=shared)
        worker = _employed(settings, route, films)
        watchdog = Watchdog(LONGEST_STUDY_S)

        def _work(lease: Lease) -> None:
            with watchdog.watched():
                worker.assess(lease)

        worker.take_over(most_deaths=settings.worker.most_deaths)
        ready({})
        with Shift(worker.claim, _work, hands=AT_ONCE) as shift:
            assess_until(stop, shift, retrial=Retrial(route.device_lost))


def assess_until(stop: threading.Event, shift: Shift, *, retrial: Retrial) -> None:
    """Assess studies until told to stop, or until another process should go on.

    Raises:
        DamagedDatabase: no study can be taken from it.
    """
    while not stop.is_set():
        try:
            found = shift.take(patience_s=IDLE_S)
            if retrial.is_due():
                logger.error("worker ends, so that another process tries the device again")
                return
            if not found:
                stop.wait(IDLE_S)
        except (DatabaseError, NoConnectionFree) as error:
            refuse_damaged(error)
            logger.error("the database is away", reason=type(error).__name__)
            stop.wait(DATABASE_AWAY_S)


def _employed(settings: Settings, route: Route, films: Executor) -> Worker:
    engine = open_engine(settings.database_url, _patience(settings.database_url))
    judge = Judge(
        engine,
        route,
        films=Spool(settings.data.folder / "spool"),
        results=Spool(settings.data.folder / "results"),
        pacs=settings.pacs,
    )
    return Worker(
        engine,
        judge,
        films=films,
        name=f"worker@{socket.gethostname()}:{settings.data.folder}",
        ttl=timedelta(seconds=settings.worker.lease_s),
        most_failures=settings.worker.most_failures,
    )


def _patience(url: str) -> Patience:
    """Let threads take turns with one connection to SQLite, which has one writer at a time.

    They wake up when it is their turn; in the driver they would sleep and look again.
    """
    return UNHURRIED if sqlite_file(url) is None else replace(UNHURRIED, connections=1)
