"""Tells once of results that have not arrived for long, or that nobody will take anywhere."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic

import structlog

from triage.database.engine import Connection, DatabaseError, Engine, database_time
from triage.database.undelivered import Undelivered, undelivered
from triage.settings import Pacs

LOOK_EVERY_S = 60.0

logger = structlog.get_logger(__name__)


def late(found: Sequence[Undelivered], *, now: datetime, after: timedelta) -> list[Undelivered]:
    """Return the destinations whose oldest result waits for longer than that."""
    return [each for each in found if each.oldest_at is not None and now - each.oldest_at >= after]


def abandoned(found: Sequence[Undelivered], pacs: Pacs) -> list[Undelivered]:
    """Return the destinations that the settings do not name, whose results no courier takes."""
    return [each for each in found if not pacs.serves(each.destination)]


class Lateness:
    """Looks once a minute; what was told is told again only after it had ended.

    Args:
        engine: the outbox.
        pacs: the destinations, and what is late.
        clock: the database's, but for tests.
        ticks: seconds that only grow.
    """

    def __init__(
        self,
        engine: Engine,
        pacs: Pacs,
        *,
        clock: Callable[[Connection], datetime] = database_time,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self._engine = engine
        self._pacs = pacs
        self._after = timedelta(seconds=pacs.late_after_s)
        self._clock = clock
        self._ticks = ticks
        self._next = ticks()
        self._told: frozenset[tuple[str, str]] = frozenset()

    def look(self) -> None:
        """Look, if it is time."""
        if self._ticks() < self._next:
            return
        self._next = self._ticks() + LOOK_EVERY_S
        try:
            with self._engine.begin() as connection:
                now = self._clock(connection)
                found = undelivered(connection)
        except DatabaseError:
            return  # whoever delivers tells of it
        self._tell(found, now=now)

    def _tell(self, found: Sequence[Undelivered], *, now: datetime) -> None:
        lost = abandoned(found, self._pacs)
        slow = [each for each in late(found, now=now, after=self._after) if each not in lost]
        told = {("late", each.destination): each for each in slow}
        told |= {("abandoned", each.destination): each for each in lost}
        for (kind, destination), each in told.items():
            if (kind, destination) not in self._told:
                oldest = None if each.oldest_at is None else each.oldest_at.isoformat()
                logger.error(
                    SENTENCES[kind], destination=destination, results=each.waiting, oldest=oldest
                )
        for kind, destination in self._told - told.keys():
            logger.info("results wait no more too long", kind=kind, destination=destination)
        self._told = frozenset(told)


SENTENCES = {
    "late": "results wait too long for their destination",
    "abandoned": "results wait for a destination that the settings do not name",
}
