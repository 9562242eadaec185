"""The supervisor: its locks, one listening socket, the children, an orderly end."""

import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog

from triage.daemon.bookmark import Bookmark
from triage.daemon.child import EX_CONFIG, EX_DATA, EX_TEMPFAIL, NIGHTLY, ROLES
from triage.daemon.process import Child
from triage.database.calendar import prepare
from triage.database.engine import DatabaseError, open_engine, refuse_damaged, sqlite_file
from triage.domain.errors import BusyError, ConfigurationError
from triage.receive.listening import listen_on
from triage.settings import Settings
from triage.spool import Spool, private_folder

DRAIN_S = 30.0
LOCK_PATIENCE_S = 5.0
LOOK_EVERY_S = 0.1
LOST = (
    "the database lacks films that it had: run triage database reindex, then start the daemon again"
)
DELIBERATE_EXITS = frozenset({EX_CONFIG, EX_TEMPFAIL})

logger = structlog.get_logger(__name__)


def serve(settings: Settings, *, stop: threading.Event, announce: Callable[[str], None]) -> int:
    """Run the daemon until told to stop.

    Args:
        settings: of the whole daemon.
        stop: set it to end; the children get 30 s to finish what they hold.
        announce: is given one line when everything is ready.

    Returns:
        The exit code: 0 after an orderly end, else that of the child that could not start, and 78
        once one met damage to the database.

    Raises:
        ConfigurationError: the data folder or the database is refused.
        BusyError: another daemon uses the data folder, the SQLite file or the port.
    """
    private_folder(settings.data.folder)
    with ExitStack() as held:
        locks = [held.enter_context(_locked(path, stop=stop)) for path in _lock_files(settings)]
        for name in ("spool", "results"):
            Spool(settings.data.folder / name)
        roles = _roles(settings)
        choice = settings.listener
        with listen_on(choice.host, choice.port) as listening:
            bound = choice.model_copy(update={"port": listening.getsockname()[1]})
            chosen = settings.model_copy(update={"listener": bound})
            supervisor = _Supervisor(chosen, listening, locks=locks, announce=announce, roles=roles)
            return supervisor.run(stop)


class _Supervisor:
    def __init__(
        self,
        settings: Settings,
        listening: socket.socket,
        *,
        locks: Sequence[int],
        announce: Callable[[str], None],
        roles: Sequence[str],
    ) -> None:
        self._roles = roles
        self._settings = settings
        self._listening = listening
        self._announce = announce
        self._announced = False
        # The socket outlives each listener: while one is started again, callers wait or go to
        # another one, and the port that was chosen stays.
        descriptor = listening.fileno()
        listeners = [
            Child(
                "listener",
                descriptors=[*locks, descriptor],
                needs={"listening": descriptor, "number": number},
            )
            for number in range(settings.listener.processes)
        ]
        self._children = [*listeners, *(Child(role, descriptors=locks) for role in roles)]

    def run(self, stop: threading.Event) -> int:
        """Keep the children alive until told to stop, and return the exit code."""
        for child in self._children:
            self._start(child)
        exit_code = 0
        while not stop.wait(LOOK_EVERY_S):
            self._note_ready()
            ended = [child for child in self._children if not child.is_running]
            if exit_code := self._refusal(ended):
                break
            for child in ended:
                self._restart(child)
        self._stop()
        return exit_code

    def _refusal(self, ended: Sequence[Child]) -> int:
        """Return the exit code of a child that cannot start; once all ran, each is tried again.

        But where one met damage to the database, none can go on.
        """
        if any(child.exit_code == EX_DATA for child in ended):
            return EX_CONFIG
        codes = [child.exit_code or 0 for child in ended if child.exit_code in DELIBERATE_EXITS]
        return codes[0] if codes and not self._announced else 0

    def _note_ready(self) -> None:
        if not self._announced and all(child.ready.is_set() for child in self._children):
            self._announced = True
            self._announce(_ready_line(self._settings, whole=bool(self._roles)))

    def _restart(self, child: Child) -> None:
        if child.rested():
            logger.error("child ended, started again", child=child.role, exit_code=child.exit_code)
            self._start(child)

    def _start(self, child: Child) -> None:
        """Start a child, or let it rest like one that died at once: the others shall go on."""
        try:
            child.start(self._settings)
        except OSError as error:
            logger.error("child not started", child=child.role, reason=error.strerror)

    def _stop(self) -> None:
        self._listening.close()  # nobody shall wait for a daemon that ends
        deadline = time.monotonic() + DRAIN_S
        for child in self._children:
            child.send(signal.SIGTERM)
        for child in self._children:
            if not child.wait(deadline - time.monotonic()):
                logger.error("child killed, it did not end in time", child=child.role)
                child.send(signal.SIGKILL)
                child.wait(1.0)


def _roles(settings: Settings) -> Sequence[str]:
    """Upgrade the database, and return who works beside the listeners.

    Nobody does where it lacks films that it had: what is assessed or sent already is not known.
    """
    engine = open_engine(settings.database_url)
    try:
        prepare(engine, settings.reports)
        with engine.begin() as connection:
            lost = Bookmark(settings.data.folder).is_lost(connection)
    except DatabaseError as error:
        refuse_damaged(error)
        raise
    finally:
        engine.dispose()
    if lost:
        logger.critical("receive only: the database lacks films that it had")
        return ()
    return (*ROLES, NIGHTLY) if settings.worklist.cron else tuple(ROLES)


def _lock_files(settings: Settings) -> Iterator[Path]:
    """One daemon to a data folder, and one to an SQLite file, wherever that lies."""
    yield settings.data.folder / "lock"
    if (file := sqlite_file(settings.database_url)) is not None:
        yield file.resolve().with_name(file.name + ".lock")


@contextmanager
def _locked(path: Path, *, stop: threading.Event) -> Iterator[int]:
    """Hold a lock; the children of a killed daemon need a moment to let it go."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigurationError(f"lock {path}: {error.strerror}") from error
    try:
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while not _take(descriptor):
            if time.monotonic() > deadline or stop.wait(LOOK_EVERY_S):
                raise BusyError(f"another daemon holds {path}")
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ready_line(settings: Settings, *, whole: bool) -> str:
    listener, pacs = settings.listener, settings.pacs
    here = f"{listener.ae_title}@{listener.host}:{listener.port}"
    if not whole:
        return f"receive only: {here}; {LOST}"
    returned = (
        f"flagged films go to {pacs.peer}" if pacs.returns else "shadow mode, returns nothing"
    )
    return f"ready: {here}; {returned}"
