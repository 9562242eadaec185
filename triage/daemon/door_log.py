"""The door's book in the database, written meanwhile: no answer and no deadline waits for it."""

import threading
from collections import deque
from collections.abc import Sequence

import structlog

from triage.database.door import record_refusals
from triage.database.engine import DatabaseError, Engine, NoConnectionFree, database_time
from triage.domain.door import Refused

MOST_WAITING = 10_000
TOGETHER = 500

logger = structlog.get_logger(__name__)


class DoorLog:
    """Takes entries from many threads, and writes them in one that lives as long as any wait.

    An entry that cannot be written is dropped: the log has told it already.

    Args:
        engine: its limits bound one transaction.
        listener: the name of this process in the book.
        most_waiting: of more entries, the latest are dropped.
    """

    def __init__(self, engine: Engine, *, listener: str, most_waiting: int = MOST_WAITING) -> None:
        self._engine = engine
        self._listener = listener
        self._most_waiting = most_waiting
        self._lock = threading.Lock()
        self._waiting: deque[Refused] = deque()
        self._writer: threading.Thread | None = None

    def write(self, refused: Refused) -> None:
        """Take an entry; return at once."""
        with self._lock:
            if len(self._waiting) >= self._most_waiting:
                logger.error("refusal not recorded in the database", reason="too many wait")
                return
            self._waiting.append(refused)
            if self._writer is None:
                self._writer = self._begin()

    def settle(self, *, within_s: float) -> None:
        """Give what waits so long to be written."""
        with self._lock:
            writer = self._writer
        if writer is not None:
            writer.join(within_s)

    def _begin(self) -> threading.Thread | None:
        writer = threading.Thread(target=self._write_all, name="door log", daemon=True)
        try:
            writer.start()
        except RuntimeError:  # no more threads: the next entry tries again
            return None
        return writer

    def _write_all(self) -> None:
        while entries := self._take():
            try:
                with self._engine.begin() as connection:
                    now = database_time(connection)
                    record_refusals(connection, entries, listener=self._listener, now=now)
            except (DatabaseError, NoConnectionFree) as error:
                logger.error(
                    "refusals not recorded in the database",
                    times=len(entries),
                    reason=type(error).__name__,
                )

    def _take(self) -> Sequence[Refused]:
        with self._lock:
            entries = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            if not entries:
                self._writer = None
            return entries
