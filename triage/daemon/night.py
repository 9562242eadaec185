"""One run through a day's list: ask, compare, pull, wait for the rest of the house, reconcile."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Protocol

import structlog

from triage.daemon.breaker import LONGEST_AWAY, back_off
from triage.daemon.retriever import Plan, plans
from triage.database import correction, runs, worklist
from triage.database.engine import DatabaseError, Engine, NoConnectionFree, database_time
from triage.database.reconciliation import Outcome, Reconciliation, reconciliation
from triage.database.runs import Run
from triage.domain.errors import LeaseLost
from triage.domain.worklist import Listing, Verdict
from triage.send.failure import Broken

TTL = timedelta(seconds=30)
LOOK_EVERY_S = 2.0
NO_LONGER = "the PACS lists it no longer"
WINDOW_ENDED = "the window ended before everything was pulled"
NOT_ASKED = "the window ended before the PACS was asked"

logger = structlog.get_logger(__name__)


class Lists(Protocol):
    """What says what is expected."""

    def list(self, day: date) -> Listing:
        """List a day; may raise ``Broken``."""


class Pulls(Protocol):
    """What lets the PACS send."""

    def pull(
        self,
        wanted: list[Plan],
        *,
        done: Callable[[Plan, str | None], None],
        goes_on: Callable[[], bool],
    ) -> None:
        """Pull until nothing is left, or it is enough."""


class Night:
    """Brings a run to its end.

    A run that broke off is begun anew by whoever takes it over: what is here is not pulled again.
    Where its window has ended meanwhile, the PACS is left alone, and what was listed counts.

    Args:
        engine: where everything is written down.
        lister: asks what is expected.
        puller: lets the PACS send it.
        finish_within: so long the end waits for assessments and deliveries.
        stop: set it to leave the run to somebody else.
        settle: writes down that the associations in which films came have ended.
        patience_s: so long a PACS that is away is asked again, where no window says how long.
        ttl: length of the lease on a run.
        clock: the time of the day, in UTC.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        lister: Lists,
        puller: Pulls,
        finish_within: timedelta,
        stop: threading.Event,
        settle: Callable[[], None] = lambda: None,
        patience_s: float = 60.0,
        ttl: timedelta = TTL,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._lister = lister
        self._puller = puller
        self._finish_within_s = finish_within.total_seconds()
        self._stop = stop
        self._settle = settle
        self._patience_s = patience_s
        self._ttl = ttl
        self._clock = clock

    def look(self, day: date) -> tuple[Reconciliation, list[Plan], tuple[str, ...]]:
        """Ask and compare, and change nothing: what would be pulled, and what cannot be asked.

        Raises:
            Broken: the PACS cannot be reached, or went away.
        """
        listing = self._lister.list(day)
        with self._engine.connect() as connection, connection.begin() as transaction:
            worklist.record_listing(connection, day, listing)
            found = reconciliation(connection, day)
            missing = {one.study_uid for one in found.studies if one.outcome is Outcome.MISSING}
            here = worklist.films_here(connection, day)
            transaction.rollback()
        return found, plans(listing.studies, missing=missing, here=here), listing.gaps

    def work(self, run: Run) -> tuple[Reconciliation, Verdict]:
        """Work through the list of a run that is held, and end it.

        Raises:
            LeaseLost: somebody else has taken it over, or it was stopped and waits for them.
        """
        with self._held(run) as lost:
            problems = self._left_over(run) if self._is_over(run) else self._fetch(run, lost)
            found = self._wait(run.day, lost)
        if self._stop.is_set():
            self._leave(run)
        verdict = Verdict.EXACT if found.is_exact and not problems else Verdict.MISMATCH
        reason = "; ".join(problems) or None
        with self._engine.begin() as connection:
            now = database_time(connection)
            runs.end(connection, run, verdict=verdict, reason=reason, now=now)
            since = runs.night_before(connection, run.day)
            old = correction.to_remove(connection, since=since, up_to=run.day)
        told = {name: n for name, n in {**found.sums, "to_remove": len(old)}.items() if n}
        log = logger.info if verdict is Verdict.EXACT else logger.error
        log("worklist reconciled", day=str(run.day), verdict=verdict, reason=reason, **told)
        return found, verdict

    def _left_over(self, run: Run) -> list[str]:
        """Return what is known to lack of a run whose window has ended."""
        with self._engine.connect() as connection:
            studies = reconciliation(connection, run.day).studies
        lacks = any(one.outcome is Outcome.MISSING for one in studies)
        asked = NOT_ASKED if run.gaps is None else run.gaps
        return [problem for problem in (asked, WINDOW_ENDED * lacks) if problem]

    def _fetch(self, run: Run, lost: threading.Event) -> list[str]:
        """Ask, and pull what is missing; return what could not be asked or pulled."""
        listing, problems = self._ask(run)
        return problems + ([] if listing is None else self._pull(run, listing, lost))

    def _ask(self, run: Run) -> tuple[Listing | None, list[str]]:
        """Ask until there is a list, or it is too late for one; write it down."""
        begin, failures = monotonic(), 0
        while True:
            try:
                listing = self._lister.list(run.day)
                break
            except Broken as broken:
                failures += 1
                problem = f"the PACS {broken}"
                logger.warning("worklist not asked", reason=problem)
                pause_s = back_off(failures, chance=lambda: 0.0, longest=LONGEST_AWAY)
                late = monotonic() - begin > self._patience_s
                if self._is_over(run, late=late) or self._stop.wait(pause_s.total_seconds()):
                    return None, [problem]
        with self._engine.begin() as connection:
            worklist.record_listing(connection, run.day, listing)
            runs.note_asked(connection, run, gaps="; ".join(listing.gaps))
        return listing, list(listing.gaps)

    def _pull(self, run: Run, listing: Listing, lost: threading.Event) -> list[str]:
        """Pull what is missing; again what did not come, as long as that brings something.

        Returns:
            That the window ended, where it ended too early.
        """

        def done(plan: Plan, failure: str | None) -> None:
            """Write down what became of a study."""
            with self._engine.begin() as connection:
                worklist.note_pull(connection, run.day, plan.study_uid, failure=failure)

        def goes_on() -> bool:
            """Tell whether the run is ours still, and its window open."""
            return not lost.is_set() and not self._is_over(run)

        before: int | None = None
        while True:
            wanted, films = self._compare(run.day, listing)
            # Some send a part of a study at each request: what counts is films, not studies.
            brought_nothing = before is not None and films >= before
            if not wanted or brought_nothing or self._stop.is_set():
                return []
            if not goes_on():
                return [WINDOW_ENDED]
            self._puller.pull(wanted, done=done, goes_on=goes_on)
            self._settle()
            before = films

    def _compare(self, day: date, listing: Listing) -> tuple[list[Plan], int]:
        """Return what is to be pulled, and how many films are missing."""
        with self._engine.begin() as connection:
            studies = reconciliation(connection, day).studies
            lacking = [one for one in studies if one.outcome is Outcome.MISSING]
            missing = {one.study_uid for one in lacking}
            here = worklist.films_here(connection, day)
            for uid in missing - {study.study_uid for study in listing.studies}:
                worklist.note_pull(connection, day, uid, failure=NO_LONGER)
        films = sum(one.missing for one in lacking)
        return plans(listing.studies, missing=missing, here=here), films

    def _wait(self, day: date, lost: threading.Event) -> Reconciliation:
        """Wait until everything that came is assessed and delivered, or for long enough."""
        deadline = monotonic() + self._finish_within_s
        while True:
            with self._engine.connect() as connection:
                found = reconciliation(connection, day)
            if not found.is_under_way or lost.is_set() or monotonic() > deadline:
                return found
            if self._stop.wait(LOOK_EVERY_S):
                return found

    def _is_over(self, run: Run, *, late: bool = False) -> bool:
        return late if run.until is None else self._clock() >= run.until

    def _leave(self, run: Run) -> None:
        """Let somebody else go on at once."""
        with self._engine.begin() as connection:
            runs.let_go(connection, run)
        raise LeaseLost(f"run {run.id} of {run.day} was stopped, and waits to be gone on with")

    @contextmanager
    def _held(self, run: Run) -> Iterator[threading.Event]:
        """Keep the lease alive meanwhile; the event is set when it is lost."""
        done, lost = threading.Event(), threading.Event()
        renewal = threading.Thread(
            target=self._renew, args=(run, done, lost), name="renewal", daemon=True
        )
        renewal.start()
        try:
            yield lost
        finally:
            done.set()
            renewal.join()

    def _renew(self, run: Run, done: threading.Event, lost: threading.Event) -> None:
        while not done.wait(self._ttl.total_seconds() / 3):
            try:
                with self._engine.begin() as connection:
                    runs.renew(connection, run, now=database_time(connection), ttl=self._ttl)
            except LeaseLost as error:
                logger.warning("run lost", reason=str(error))
                lost.set()
                return
            except (DatabaseError, NoConnectionFree) as error:
                logger.warning("run not renewed", reason=type(error).__name__)
