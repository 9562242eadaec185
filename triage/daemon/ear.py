"""Where a PACS is heard that reports on, or sends back, a test object.

A report may come in the association of the request, at a listener that is opened for it where no
daemon holds the port, or at the daemon's listener, which writes it into the database.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import uuid4

from triage.daemon.listener import storage_scp
from triage.database import trial
from triage.database.engine import (
    Connection,
    DatabaseError,
    Engine,
    database_time,
    existing_engine,
)
from triage.domain.commitment import StorageReport, why
from triage.domain.door import Refused
from triage.domain.errors import BusyError, ConfigurationError, RejectedInstance
from triage.domain.study import Peer
from triage.receive.arrival import Arrival
from triage.receive.listening import listen_on
from triage.receive.report import PROCESSING_FAILURE, RefusedReport, read_report
from triage.send.message import Message
from triage.settings import Settings

NOT_NOW = 0xA700
EXPIRES_AFTER = timedelta(minutes=10)
IN_OURS, AT_OURS, AT_DAEMONS = "in our association", "at the listener", "at the daemon's listener"

T = TypeVar("T")


@dataclass
class Ear:
    """Hears what comes back of one test object.

    ``listens`` tells whether a listener of our own is open. ``turned_away`` are those who came to
    it in vain.
    """

    sop_instance_uid: str = ""
    engine: Engine | None = None
    listens: bool = False
    transaction_uid: str = field(default_factory=lambda: f"2.25.{uuid4().int}")
    turned_away: list[Refused] = field(default_factory=list)
    came_back: threading.Event = field(default_factory=threading.Event)
    report: StorageReport | None = None
    reported: str = ""

    def take(
        self, encoded: bytes, *, transfer_syntax_uid: str, event_type: int, ae_title: str
    ) -> int:
        """Take a report at our own listener; another one is to come when the daemon runs."""
        del ae_title
        return self._take(encoded, transfer_syntax_uid, event_type, where=AT_OURS)

    def take_in_association(self, message: Message, transfer_syntax_uid: str) -> int:
        """Take a report in the association of the request."""
        return self._take(message.data_set, transfer_syntax_uid, message.event_type, where=IN_OURS)

    def _take(self, encoded: bytes, syntax: str, event_type: int, *, where: str) -> int:
        try:
            report = read_report(encoded, transfer_syntax_uid=syntax, event_type=event_type)
        except RefusedReport as error:
            return error.status
        if report.transaction_uid != self.transaction_uid:
            return PROCESSING_FAILURE
        self.report, self.reported = report, where
        return 0

    def has_heard(self) -> bool:
        """Tell whether the report came, wherever that was."""
        if not self.reported and self._in_database(self._was_reported):
            self.reported = AT_DAEMONS
        return bool(self.reported)

    def denial(self) -> str | None:
        """Say how the report speaks against the test object; the daemon's cannot be read."""
        if self.report is None or self.sop_instance_uid in self.report.committed:
            return None
        reason = self.report.failed.get(self.sop_instance_uid)
        return "does not name it" if reason is None else f"denies it: {why(reason)}"

    @contextmanager
    def expecting(self, peer: Peer) -> Iterator[None]:
        """Let the daemon's listener, if there is one, take a report of this peer."""
        self._in_database(partial(self._note, peer=peer))
        try:
            yield
        finally:
            self._in_database(self._forget)

    def _note(self, connection: Connection, *, peer: Peer) -> None:
        now = database_time(connection)
        trial.note_trial(
            connection,
            self.transaction_uid,
            destination=str(peer),
            ae_title=peer.ae_title,
            now=now,
            expires_at=now + EXPIRES_AFTER,
        )

    def _forget(self, connection: Connection) -> None:
        trial.forget_trial(connection, self.transaction_uid)

    def _was_reported(self, connection: Connection) -> bool:
        return trial.trial_was_reported(connection, self.transaction_uid)

    def _in_database(self, act: Callable[[Connection], T]) -> T | None:
        """Do something in the database; one that is away, or old, hears nothing."""
        if self.engine is not None:
            with suppress(DatabaseError), self.engine.begin() as connection:
                return act(connection)
        return None

    # What follows is what a listener asks of its keeper.

    def opened(self, *, calling_ae_title: str, host: str) -> int:
        """Let a caller in; nothing is kept of him."""
        del calling_ae_title, host
        return 1

    def closed(self, association_id: int) -> None:
        """Let him go."""

    def draft(self) -> "Passing":
        """Begin an instance."""
        return Passing(self)

    def refused(self, refused: Refused) -> None:
        """Remember who was turned away."""
        self.turned_away.append(refused)


class Passing:
    """An instance that comes in: the test object is looked at, anything else is for the daemon."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Take bytes, and keep none."""

    def keep(self, arrival: Arrival, *, association_id: int) -> bool:
        """Note that the test object came back; of anything else say "not now"."""
        del association_id
        if arrival.sop_instance_uid != self._ear.sop_instance_uid:
            raise RejectedInstance(NOT_NOW, "the daemon does not run")
        self._ear.came_back.set()
        return True

    def discard(self) -> None:
        """Drop it."""


@contextmanager
def listening_ear(settings: Settings, sop_instance_uid: str) -> Iterator[Ear]:
    """Open the listener of the settings where nobody else has, and the database where there is one.

    Raises:
        ConfigurationError: a TLS file cannot be used.
    """
    ear = Ear(sop_instance_uid)
    with suppress(ConfigurationError, DatabaseError):
        ear.engine = existing_engine(settings.database_url)
    try:
        listening = listen_on(settings.listener.host, settings.listener.port)
    except BusyError:
        scp = None
    else:
        scp = storage_scp(settings, ear, listening=listening, reports=ear)
        ear.listens = True
    try:
        yield ear
    finally:
        if scp is not None:
            scp.stop(grace_s=1.0)
        if ear.engine is not None:
            ear.engine.dispose()
