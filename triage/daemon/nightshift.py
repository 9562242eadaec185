"""A night put together from the settings, and how a person's run gets its turn."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from time import monotonic

from triage.daemon.listener import durable_keeper
from triage.daemon.lister import Lister
from triage.daemon.night import TTL, Night
from triage.daemon.puller import Pace, Puller
from triage.daemon.retriever import Retriever
from triage.database import runs
from triage.database.engine import LISTENER, Engine, database_time, open_engine
from triage.database.runs import Run
from triage.domain.errors import BusyError
from triage.settings import Settings

LOOK_EVERY_S = 0.5
PATIENCE_S = 60.0
"""A PACS that is away is waited for so long by a person's run; the clock's has its window."""


@contextmanager
def night_of(
    settings: Settings, engine: Engine, *, stop: threading.Event, patience_s: float | None = None
) -> Iterator[Night]:
    """Put a night together.

    Args:
        settings: of the whole daemon.
        engine: its database.
        stop: set it to leave the run to somebody else.
        patience_s: so long a PACS that is away is tried; ``None`` until the window ends.
    """
    choice = settings.worklist
    # What comes in our own association is kept as at the door, in the door's time.
    door = open_engine(settings.database_url, LISTENER)
    name = f"{socket.gethostname()}:{settings.data.folder}#worklist"
    keeper = durable_keeper(door, settings, listener=name)
    puller = Puller(
        lambda: Retriever(settings, keeper),
        parallel=choice.parallel,
        pace=Pace(choice.studies_per_minute),
        stop=stop,
        patience_s=patience_s,
    )
    try:
        yield Night(
            engine,
            lister=Lister(settings, stop=stop),
            puller=puller,
            settle=keeper.settle,
            finish_within=timedelta(seconds=choice.finish_within_s),
            stop=stop,
            patience_s=patience_s or PATIENCE_S,
        )
    finally:
        door.dispose()


def holder_name() -> str:
    """Name this process."""
    return f"worklist@{socket.gethostname()}:{os.getpid()}"


def hold(
    engine: Engine,
    day: date,
    *,
    stop: threading.Event,
    tell: Callable[[str], None],
    ttl: timedelta = TTL,
) -> Run:
    """Hold the run through a day's list: the one that broke off, or a new one.

    Args:
        engine: the daemon's database.
        day: whose list.
        stop: set it to give up.
        tell: is told once that somebody else is waited for.
        ttl: length of the lease; one who has died is noticed after it.

    Raises:
        BusyError: somebody else works through a list, and is alive.
    """
    deadline, told = monotonic() + 2 * ttl.total_seconds(), False
    while True:
        with engine.begin() as connection:
            now = database_time(connection)
            number = runs.open_run_of(connection, day, now=now)
            if number is None:
                number = runs.fire(connection, due_at=now, day=day, until=None)
            held = runs.take(connection, holder=holder_name(), now=now, ttl=ttl, run_id=number)
        if held is not None:
            return held
        if monotonic() > deadline or stop.wait(LOOK_EVERY_S):
            raise BusyError("another run works through a worklist")
        if not told:
            tell("another run works through a worklist, or broke off a moment ago: waiting")
            told = True
