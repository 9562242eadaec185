"""The work queue: the study rows themselves, leased for a time and guarded by a fence."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from triage.database import schema
from triage.database.moves import By, Kind, change
from triage.domain.errors import LeaseLost
from triage.domain.study import Lease, StudyState

BACK_OFF = timedelta(seconds=2)
LONGEST_BACK_OFF = timedelta(minutes=5)
MOST_DOUBLINGS = 8  # beyond the longest pause; an exponent without limit overflows


def complete_studies(
    connection: Connection, *, now: datetime, quiet: timedelta, longest_wait: timedelta
) -> int:
    """Queue every study that is complete, and return how many.

    A study is complete when no association that brought one of its films is open and no
    film came for ``quiet``; at the latest ``longest_wait`` after its first film.
    """
    study = schema.study.c
    still_open = exists().where(
        schema.instance.c.study_id == study.id,
        schema.instance.c.association_id == schema.association.c.id,
        schema.association.c.closed_at.is_(None),
    )
    silent = and_(study.last_received_at <= now - quiet, ~still_open)
    overdue = study.first_received_at <= now - longest_wait
    complete = connection.scalars(
        select(study.id)
        .where(study.state == StudyState.RECEIVING, or_(silent, overdue))
        .with_for_update(skip_locked=True)
    ).all()
    for study_id in sorted(complete):  # in SQL, the order would cost a walk over every study
        change(
            connection,
            Kind.STUDY,
            study_id,
            move=(StudyState.RECEIVING, StudyState.QUEUED),
            by=By("scheduler", now),
            next_attempt_at=now,
        )
    return len(complete)


def claim(
    connection: Connection, *, worker: str, now: datetime, ttl: timedelta, beside: int = 0
) -> Lease | None:
    """Lease the most urgent study that has waited longest, or return ``None``.

    Two workers never get the same study: SQLite holds its write lock from the first
    statement, PostgreSQL skips rows that another worker holds.

    Args:
        connection: inside the caller's transaction.
        worker: who asks.
        now: the database's time.
        ttl: length of the lease.
        beside: how many studies the worker has in hand. A study that failed before, or on which
            a worker died, is leased alone: while it is next, a worker with others gets nothing.
    """
    study = schema.study.c
    row = connection.execute(
        select(study.id, study.study_uid, study.fence, study.failures, study.deaths)
        .where(study.state == StudyState.QUEUED, study.next_attempt_at <= now)
        .order_by(study.priority.desc(), study.next_attempt_at, study.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None or (beside and row.failures + row.deaths):
        return None
    expires_at, fence = now + ttl, row.fence + 1
    change(
        connection,
        Kind.STUDY,
        row.id,
        move=(StudyState.QUEUED, StudyState.ASSESSING),
        by=By(worker, now),
        worker=worker,
        fence=fence,
        lease_expires_at=expires_at,
    )
    attempt = row.failures + row.deaths + 1
    return Lease(row.id, row.study_uid, worker, fence, expires_at, attempt)


def renew(connection: Connection, lease: Lease, *, now: datetime, ttl: timedelta) -> None:
    """Lengthen a lease.

    Raises:
        LeaseLost: the study went to another worker, or back to the queue.
    """
    result = connection.execute(
        update(schema.study).where(*_held(lease)).values(lease_expires_at=now + ttl)
    )
    if result.rowcount != 1:
        raise LeaseLost(f"study {lease.study_uid}: lease {lease.fence} has ended")


def hold(connection: Connection, lease: Lease) -> None:
    """Lock a leased study until the transaction ends, before anything of it is changed.

    The listener too locks the study first, so that the two never wait for each other.

    Raises:
        LeaseLost: the study went to another worker, or back to the queue.
    """
    held = connection.scalar(select(schema.study.c.id).where(*_held(lease)).with_for_update())
    if held is None:
        raise LeaseLost(f"study {lease.study_uid}: lease {lease.fence} has ended")


def leave(
    connection: Connection,
    lease: Lease,
    *,
    to_state: StudyState,
    now: datetime,
    reason: str | None = None,
    **columns: object,
) -> None:
    """End a lease with the study's next state.

    Raises:
        LeaseLost: the study went to another worker, or back to the queue.
    """
    hold(connection, lease)
    change(
        connection,
        Kind.STUDY,
        lease.study_id,
        move=(StudyState.ASSESSING, to_state),
        by=By(lease.worker, now),
        reason=reason,
        worker=None,
        lease_expires_at=None,
        **columns,
    )


def fail(
    connection: Connection, lease: Lease, *, reason: str, now: datetime, most_failures: int
) -> StudyState:
    """Give a study back whose assessment failed: queued with a growing pause, or DEAD."""
    failures = 1 + int(
        connection.execute(
            select(schema.study.c.failures).where(schema.study.c.id == lease.study_id)
        ).scalar_one()
    )
    dead = failures >= most_failures
    to_state = StudyState.DEAD if dead else StudyState.QUEUED
    leave(
        connection,
        lease,
        to_state=to_state,
        now=now,
        reason=reason,
        failures=failures,
        next_attempt_at=now + pause_after(failures),
    )
    return to_state


def give_back(
    connection: Connection, lease: Lease, *, reason: str, now: datetime, pause: timedelta
) -> None:
    """Queue a study again that is not to blame, because something of ours failed.

    Raises:
        LeaseLost: the study went to another worker, or back to the queue.
    """
    to_state, later = StudyState.QUEUED, now + pause
    leave(connection, lease, to_state=to_state, now=now, reason=reason, next_attempt_at=later)


def release_abandoned(
    connection: Connection, *, worker: str | None, now: datetime, most_deaths: int
) -> int:
    """Requeue the studies of a worker that died, and return how many.

    Args:
        connection: inside the caller's transaction.
        worker: the name whose leases are all void, because its process has just started
            anew; ``None`` for every lease that has expired.
        now: the database's time.
        most_deaths: a study on which so many workers died is DEAD, if the last one had nothing
            else in hand.
    """
    study = schema.study.c
    void = study.lease_expires_at <= now if worker is None else study.worker == worker
    rows = connection.execute(
        select(study.id, study.deaths, study.worker)
        .where(study.state == StudyState.ASSESSING, void)
        .with_for_update(skip_locked=True)
    ).all()
    in_hand = Counter(row.worker for row in rows)
    for row in rows:
        deaths = row.deaths + 1
        dead = deaths >= most_deaths and in_hand[row.worker] == 1
        change(
            connection,
            Kind.STUDY,
            row.id,
            move=(StudyState.ASSESSING, StudyState.DEAD if dead else StudyState.QUEUED),
            by=By("scheduler" if worker is None else worker, now),
            reason=f"the worker ended before the study did, {deaths} of {most_deaths} times",
            worker=None,
            lease_expires_at=None,
            deaths=deaths,
            next_attempt_at=now + pause_after(deaths),
        )
    return len(rows)


def _held(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    study = schema.study.c
    return (
        study.id == lease.study_id,
        study.state == StudyState.ASSESSING,
        study.fence == lease.fence,
    )


def pause_after(failures: int) -> timedelta:
    """Return how long a study or delivery rests after so many failures in a row."""
    pause: timedelta = BACK_OFF * 2 ** min(failures - 1, MOST_DOUBLINGS)
    return min(pause, LONGEST_BACK_OFF)
