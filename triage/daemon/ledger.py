"""The receipts of many associations, committed together: durable before 0x0000."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

import structlog

from triage.daemon.convoy import Convoy, Take, Withdrawn
from triage.database import receipts
from triage.database.engine import (
    Connection,
    DatabaseError,
    Engine,
    NoConnectionFree,
    database_time,
    is_away,
)
from triage.database.receipts import Caller, Receipt
from triage.domain.errors import RejectedInstance

OUT_OF_RESOURCES = 0xA700
PATIENCE_S = 10.0
"""So long a receipt waits for its transaction; the engine's limits then bound that."""
ALONE_WITHIN_S = 15.0
"""Half of the DIMSE time-out: what comes later has hardly time for one more transaction."""
CLOSE_WITHIN_S = 0.25
"""So long an association that ended waits for a film that takes its end along."""
FAILURES = (DatabaseError, NoConnectionFree, Withdrawn, ValueError, OverflowError)
"""What a driver raises, also for a value that its database cannot hold."""

logger = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Visit:
    """An association; it has a row once one of its films was committed."""

    caller: Caller
    row: int | None = None


@dataclass(eq=False, slots=True)
class _Task:
    """One receipt to be committed; without one, only what waits besides."""

    visit: _Visit | None = None
    receipt: Receipt | None = None
    begun: float = field(default_factory=time.monotonic)
    is_new: bool = False
    is_durable: bool = False
    failure: Exception | None = None


class Ledger:
    """Commits receipts from many threads in as few transactions as possible.

    Each transaction holds what has come while the one before ran. The row of an association
    is made in the transaction of its first film, so one that brings nothing costs nothing; that
    it has ended is written with the next film, or soon.

    Args:
        engine: its limits bound one transaction.
        listener: whose associations these are; no two processes share a name.
        patience_s: so long a receipt waits for its transaction.
        alone_within_s: a receipt whose group was refused is tried alone so long after it came.
        close_within_s: so long the end of an association waits for company.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        listener: str,
        patience_s: float = PATIENCE_S,
        alone_within_s: float = ALONE_WITHIN_S,
        close_within_s: float = CLOSE_WITHIN_S,
    ) -> None:
        self._engine = engine
        self._alone_within_s = alone_within_s
        self._close_within_s = close_within_s
        self._listener = listener
        self._convoy = Convoy(self._commit, patience_s=patience_s)
        self._numbers = count(1)
        self._visits: dict[int, _Visit] = {}
        self._left_open: set[int] = set()
        self._inherits = True
        self._closing = threading.Lock()  # held while a timer runs

    def __len__(self) -> int:
        """Return how many wait for their transaction."""
        return len(self._convoy)

    def open(self, *, calling_ae_title: str, host: str) -> int:
        """Return the number of a new association; nothing is written before its first film."""
        number = next(self._numbers)
        self._visits[number] = _Visit(Caller(calling_ae_title, host))
        return number

    def commit(self, receipt: Receipt, *, association_id: int) -> bool:
        """Return once the receipt is durable; ``False`` where it was here already.

        Raises:
            RejectedInstance: 0xA700, it is not known to be durable. It may be after all, where
                the answer to COMMIT was lost: so its file stays.
        """
        task = _Task(self._visits[association_id], receipt)
        self._join(task)
        if not task.is_durable:
            raise RejectedInstance(OUT_OF_RESOURCES, _sentence(task.failure)) from task.failure
        return task.is_new

    def close(self, association_id: int) -> None:
        """Note that an association ended; it is written soon, or with the next film."""
        visit = self._visits.pop(association_id)
        if visit.row is None:
            return
        self._left_open.add(visit.row)
        if self._closing.acquire(blocking=False):
            timer = threading.Timer(self._close_within_s, self._close_soon)
            timer.daemon = True
            try:
                timer.start()
            except RuntimeError:  # no more threads: the next film takes the end along
                self._closing.release()

    def settle(self) -> None:
        """Write down now which associations have ended; if that fails, the next film does it.

        Those that an earlier process of this listener left open have ended, too.
        """
        if not self._left_open and not self._inherits:
            return
        task = _Task()
        self._join(task)
        if not task.is_durable:
            logger.error("association not closed yet", reason=_sentence(task.failure))

    def _close_soon(self) -> None:
        self._closing.release()
        self.settle()

    def _join(self, task: _Task) -> None:
        try:
            self._convoy.join(task)
        except FAILURES as error:
            task.failure = error

    def _commit(self, take: Take[_Task]) -> None:
        """Commit everything that waits when the transaction has begun."""
        tasks: Sequence[_Task] = ()
        try:
            with self._engine.begin() as connection:
                now = database_time(connection)
                tasks, ended = take(), tuple(self._left_open)
                if self._inherits:
                    receipts.close_abandoned(connection, listener=self._listener, now=now)
                rows = self._write(connection, tasks, now=now)
                if ended:
                    receipts.close_associations(connection, ended, now=now)
        except FAILURES as error:
            if not tasks:  # it has not begun: those who wait may have better luck
                raise
            self._fail(tasks, error)
        else:
            self._inherits = False
            self._left_open.difference_update(ended)
            for visit, row in rows.items():
                visit.row = row
            for task in tasks:
                task.is_durable = True

    def _write(
        self, connection: Connection, tasks: Sequence[_Task], *, now: datetime
    ) -> dict[_Visit, int]:
        """Write the receipts, and return the rows of the associations that are new."""
        received = [(t, t.visit, t.receipt) for t in tasks if t.visit and t.receipt]
        visits = list(dict.fromkeys(visit for _, visit, _ in received if visit.row is None))
        callers = [visit.caller for visit in visits]
        made = receipts.open_associations(connection, callers, listener=self._listener, now=now)
        rows = dict(zip(visits, made, strict=True))
        entries = [(receipt, visit.row or rows[visit]) for _, visit, receipt in received]
        told = receipts.record_receipts(connection, entries, now=now)
        for (task, *_), is_new in zip(received, told, strict=True):
            task.is_new = is_new
        return rows

    def _fail(self, tasks: Sequence[_Task], error: Exception) -> None:
        """Refuse a group, or try its members alone where only one of them is to blame."""
        for task in tasks:
            late = time.monotonic() - task.begun > self._alone_within_s
            if len(tasks) == 1 or late or _concerns_all(error):
                task.failure = error
            else:
                self._commit_alone(task)

    def _commit_alone(self, task: _Task) -> None:
        try:
            self._commit(lambda: [task])
        except FAILURES as error:
            task.failure = error


def _concerns_all(error: Exception) -> bool:
    if isinstance(error, DatabaseError):
        return is_away(error)
    return isinstance(error, NoConnectionFree)


def _sentence(error: Exception | None) -> str:
    match error:
        case DatabaseError():
            return f"database: {type(error.orig).__name__}"
        case NoConnectionFree():
            return "database: no connection was free"
        case Withdrawn():
            return f"database: busy, {error}"
        case None:
            return "database: the transaction was broken off"
        case _:
            return f"database: {type(error).__name__}"
