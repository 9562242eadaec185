"""The nightly process: a clock that begins the night's run, makes up for one, and goes on."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import structlog

from triage.daemon.calendar import Calendar
from triage.daemon.child import Ready
from triage.daemon.night import TTL
from triage.daemon.night_papers import Papers
from triage.daemon.nightshift import holder_name, night_of
from triage.daemon.scheduler import Patient, keep_time, new_clock
from triage.database import runs
from triage.database.engine import Connection, Engine, database_time, open_engine
from triage.database.runs import Run
from triage.domain.errors import LeaseLost
from triage.settings import Settings

LOOK_EVERY_S = 10.0
"""So soon a night begins that is due, or is gone on with whose daemon has died."""

LONGEST_PAST = timedelta(days=31)
"""Nights that were missed longer ago are not told."""

logger = structlog.get_logger(__name__)

Clock = Callable[[Connection], datetime]


class Works(Protocol):
    """What brings a run to its end."""

    def work(self, run: Run) -> object:
        """Work through a run that is held; may raise ``LeaseLost``."""


class Nightly:
    """Writes firings down, and works through the run that is due.

    The clock of every daemon on a database may fire: a firing is one row, and a run has one
    holder. Whoever starts later makes up for a night whose window is still open, and ends one
    that had begun.

    Args:
        engine: where firings and runs are.
        calendar: says when a night is due.
        night: brings a run to its end.
        started: firings before that are made up for only where there was one before.
        clock: the database's, but for tests.
        ttl: length of the lease on a run.
        write: leaves the papers of a day, once its run has ended, or was missed.
    """

    def __init__(
        self,
        engine: Engine,
        calendar: Calendar,
        night: Works,
        *,
        started: datetime,
        clock: Clock = database_time,
        ttl: timedelta = TTL,
        write: Callable[[date], None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._calendar = calendar
        self._night = night
        self._clock = clock
        self._ttl = ttl
        self._write = write
        self._started = started
        self._working = threading.Lock()

    def look(self) -> None:
        """Write down what is due by now, and work through the run that nobody holds, if any."""
        if not self._working.acquire(blocking=False):
            return  # a night that overruns: the next one waits
        try:
            self._write_firings()
            missed = self._end_missed()
            self._work()
            # After the night, for papers take their time, and its window is open now.
            for day in missed:
                self._write(day)
        finally:
            self._working.release()

    def _work(self) -> None:
        held = self._take()
        if held is None:
            return
        try:
            logger.info("night begins", day=str(held.day), until=str(held.until))
            self._night.work(held)
            self._write(held.day)
        except LeaseLost as error:
            logger.warning("night left", reason=str(error))

    def _write_firings(self) -> None:
        with self._engine.begin() as connection:
            now = self._clock(connection)
            self._started = min(self._started, now)  # the clock may have been fast then
            last = runs.last_due_at(connection, now=now) or self._started
            after = max(last, now - LONGEST_PAST)
            for due in self._calendar.firings(after=after, up_to=now):
                runs.fire(connection, due_at=due.due_at, day=due.day, until=due.until)

    def _end_missed(self) -> list[date]:
        """End what was missed, and return whose lists, each day once.

        What a fast clock has ended is opened again.
        """
        with self._engine.begin() as connection:
            now = self._clock(connection)
            missed = runs.end_missed(connection, now=now)
            opened = runs.reopen(connection, now=now)
        for due_at, day in missed:
            logger.error("night missed", due_at=str(due_at), day=str(day))
        for due_at, day in opened:
            logger.warning("night ended by a fast clock", due_at=str(due_at), day=str(day))
        return sorted({day for _, day in missed})

    def _take(self) -> Run | None:
        with self._engine.begin() as connection:
            now = self._clock(connection)
            return runs.take(connection, holder=holder_name(), now=now, ttl=self._ttl)


def run(settings: Settings, *, stop: threading.Event, ready: Ready) -> None:
    """Run the clock until told to stop; a night under way is left to be gone on with.

    Raises:
        ConfigurationError: the cron expression is none, or never fires within the window.
        DamagedDatabase: the clock has met it.
    """
    calendar = Calendar(settings.worklist)
    calendar.check(datetime.now(UTC))
    engine = open_engine(settings.database_url)
    clock = new_clock()
    papers = Papers(settings.worklist.reports, stop=stop)
    with night_of(settings, engine, stop=stop) as night:
        started = datetime.now(UTC)
        nightly = Nightly(engine, calendar, night, started=started, write=papers.write)
        clock.add_job(Patient(nightly.look), "interval", seconds=LOOK_EVERY_S)
        keep_time(clock, stop=stop, ready=ready)
