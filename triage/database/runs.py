"""Firings of a job, and the one run of it that somebody holds."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, or_, select, text, update

from triage.database.insertion import insert_new
from triage.database.worklist_schema import run
from triage.domain.errors import LeaseLost
from triage.domain.worklist import Verdict

WORKLIST = "worklist"
SOON = timedelta(minutes=5)
PASSED = "its window had passed"
_OPEN = (run.c.job == WORKLIST, run.c.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is held: whose list it works through, and until when it may pull.

    ``gaps`` says what could not be asked where it broke off after its list was written, empty
    where all could; ``None`` where there was no list yet.
    """

    id: int
    day: date
    until: datetime | None
    holder: str
    gaps: str | None = None


def fire(
    connection: Connection, *, due_at: datetime, day: date, until: datetime | None
) -> int | None:
    """Write a firing down; ``None`` where another daemon, or this one, has it already."""
    values = {"job": WORKLIST, "due_at": due_at, "day": day, "until": until}
    return insert_new(connection, run, values)


def open_run_of(connection: Connection, day: date, *, now: datetime) -> int | None:
    """Return the run through a day's list that may still pull, the oldest of several."""
    may_pull = or_(run.c.until.is_(None), run.c.until > now)
    mine = select(run.c.id).where(*_OPEN, may_pull, run.c.day == day)
    return connection.scalar(mine.order_by(run.c.due_at).limit(1))


def last_due_at(connection: Connection, *, now: datetime) -> datetime | None:
    """Return when the last firing of the clock was due; what a fast clock wrote is none yet."""
    of_the_clock = (run.c.job == WORKLIST, run.c.until.is_not(None), run.c.due_at <= now)
    last = select(run.c.due_at).where(*of_the_clock)
    return connection.scalar(last.order_by(run.c.due_at.desc()).limit(1))


def take(
    connection: Connection,
    *,
    holder: str,
    now: datetime,
    ttl: timedelta,
    run_id: int | None = None,
) -> Run | None:
    """Hold a run, or return ``None`` where one is held already, or none waits.

    A run whose holder says nothing any more is free again. A run of the clock whose window has
    passed is not begun; one that had begun is gone on with, after those whose window is open.

    Args:
        connection: in the caller's transaction.
        holder: who asks.
        now: the database's time.
        ttl: length of the lease.
        run_id: this run alone; else the first that is due of those with a window.
    """
    _free_the_dead(connection, now=now)
    held = select(func.count()).where(*_OPEN, run.c.holder.is_not(None))
    if connection.scalar(held):
        return None
    passed = run.c.until <= now
    due = (run.c.due_at <= now, or_(run.c.until > now, passed & run.c.started_at.is_not(None)))
    mine = due if run_id is None else (run.c.id == run_id,)
    wanted = select(run.c.id, run.c.day, run.c.until, run.c.reason).where(*_OPEN, *mine)
    row = connection.execute(wanted.order_by(passed, run.c.due_at).limit(1)).first()
    if row is None:
        return None
    lease = {"holder": holder, "lease_expires_at": now + ttl}
    began = func.coalesce(run.c.started_at, now)
    connection.execute(update(run).where(run.c.id == row.id).values(**lease, started_at=began))
    return Run(row.id, row.day, row.until, holder, row.reason)


def end_missed(connection: Connection, *, now: datetime) -> list[tuple[datetime, date]]:
    """End the runs whose window has passed before anybody began; return when each was due."""
    _free_the_dead(connection, now=now)
    passed = {"ended_at": now, "verdict": Verdict.MISSED, "reason": PASSED}
    late = (run.c.started_at.is_(None), run.c.until <= now)
    ended = update(run).where(*_OPEN, *late).values(passed).returning(run.c.due_at, run.c.day)
    return sorted((due_at, day) for due_at, day in connection.execute(ended))


def note_asked(connection: Connection, held: Run, *, gaps: str) -> None:
    """Note that the list of a run is written, and what could not be asked, for who goes on.

    Raises:
        LeaseLost: somebody else holds the run, or it has ended.
    """
    _change(connection, held, reason=gaps)


def reopen(connection: Connection, *, now: datetime) -> list[tuple[datetime, date]]:
    """Open what cannot have ended yet, for its window is open; return when each was due.

    A clock that was fast has ended it. A night that is not due soon stays as it is: if the clock
    is slow now, what ended later by the right one is true.
    """
    mine = (run.c.job == WORKLIST, run.c.due_at <= now + SOON, run.c.until > now)
    never = dict.fromkeys(("started_at", "ended_at", "verdict", "reason"))
    opened = update(run).where(*mine, run.c.ended_at > now).values(**never)
    return [
        (due_at, day)
        for due_at, day in connection.execute(opened.returning(run.c.due_at, run.c.day))
    ]


def renew(connection: Connection, held: Run, *, now: datetime, ttl: timedelta) -> None:
    """Lengthen the lease.

    Raises:
        LeaseLost: somebody else holds the run, or it has ended.
    """
    _change(connection, held, lease_expires_at=now + ttl)


def end(
    connection: Connection, held: Run, *, verdict: Verdict, reason: str | None, now: datetime
) -> None:
    """End a run.

    Raises:
        LeaseLost: somebody else holds it, or it has ended.
    """
    free = {"holder": None, "lease_expires_at": None}
    _change(connection, held, ended_at=now, verdict=verdict, reason=reason, **free)


def let_go(connection: Connection, held: Run) -> None:
    """Leave a run as it is, for whoever goes on with it.

    Raises:
        LeaseLost: somebody else holds it, or it has ended.
    """
    _change(connection, held, holder=None, lease_expires_at=None)


def last_end(connection: Connection, day: date) -> datetime | None:
    """Return when the last run through a day's list ended; ``None`` where none did."""
    mine = (run.c.job == WORKLIST, run.c.day == day)
    ended: datetime | None = connection.scalar(select(func.max(run.c.ended_at)).where(*mine))
    return ended


def last_run(connection: Connection, day: date) -> tuple[str | None, str | None] | None:
    """Return verdict and reason of the last run through a day's list; ``None`` where none was."""
    mine = select(run.c.verdict, run.c.reason).where(run.c.job == WORKLIST, run.c.day == day)
    row = connection.execute(mine.order_by(run.c.due_at.desc()).limit(1)).first()
    return None if row is None else (row.verdict, row.reason)


def night_before(connection: Connection, day: date) -> date | None:
    """Return the last day before this one whose list was worked through, if any was."""
    worked = (run.c.job == WORKLIST, run.c.ended_at.is_not(None), run.c.verdict != Verdict.MISSED)
    last: date | None = connection.scalar(
        select(func.max(run.c.day)).where(run.c.day < day, *worked)
    )
    return last


def _free_the_dead(connection: Connection, *, now: datetime) -> None:
    """Let go what somebody holds who says nothing any more.

    On PostgreSQL the table is locked until the transaction ends, so that no two hold a run.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE run IN EXCLUSIVE MODE"))
    free = {"holder": None, "lease_expires_at": None}
    connection.execute(update(run).where(run.c.lease_expires_at <= now).values(free))


def _change(connection: Connection, held: Run, **columns: object) -> None:
    mine = (run.c.id == held.id, run.c.holder == held.holder, run.c.ended_at.is_(None))
    if connection.execute(update(run).where(*mine).values(**columns)).rowcount != 1:
        raise LeaseLost(f"run {held.id} of {held.day} is no longer held by {held.holder}")
