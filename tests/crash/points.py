"""Points at which a listener kills itself, made of parts that do so."""

import os
import signal
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import Connection, Engine, event

from tests.builders.pdus import P_DATA_TF
from triage.daemon.ledger import Ledger
from triage.database.engine import LISTENER, open_engine
from triage.database.receipts import Receipt
from triage.spool import Spool, Unfinished

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Point(StrEnum):
    """Where an instance is on its way."""

    RECEIVING = "receiving"
    BEFORE_FSYNC = "before_fsync"
    AFTER_FSYNC = "after_fsync"
    AFTER_LINK = "after_link"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_RESPONSE = "before_response"
    AFTER_RESPONSE = "after_response"


def die() -> NoReturn:
    """End this process as kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives SIGKILL")


class DyingSpool(Spool):
    """Kills the process at a point on the way to the disk."""

    def __init__(self, folder: Path, *, at: Point) -> None:
        super().__init__(folder)
        self.at = at

    def begin(self) -> Unfinished:
        return _DyingFile(self, at=self.at)

    def path(self, digest: str) -> Path:
        if self.at is Point.AFTER_FSYNC:  # it is asked for when the bytes are synced
            die()
        return super().path(digest)


class _DyingFile(Unfinished):
    def __init__(self, spool: Spool, *, at: Point) -> None:
        super().__init__(spool)
        self._at = at
        self._writes = 0

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        super().write(pieces)
        self._writes += 1
        if self._at is Point.RECEIVING and self._writes == 2:  # after the header
            die()

    def keep(self) -> str:
        if self._at is Point.BEFORE_FSYNC:
            die()
        digest = super().keep()
        if self._at is Point.AFTER_LINK:
            die()
        return digest


def dying_engine(url: str) -> Engine:
    """Open an engine that kills the process before a commit."""
    engine = open_engine(url, LISTENER)

    @event.listens_for(engine, "commit")
    def _die(_connection: Connection) -> None:
        die()

    return engine


class DyingLedger(Ledger):
    """Kills the process after a commit."""

    def commit(self, receipt: Receipt, *, association_id: int) -> bool:
        super().commit(receipt, association_id=association_id)
        die()


class DyingSocket(socket):
    """A listening socket; those that it accepts kill the process around a response."""

    at: Point

    def accept(self) -> tuple[socket, object]:
        accepted, address = super().accept()
        dying = DyingSocket(fileno=accepted.detach())
        dying.at = self.at
        return dying, address

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        is_response = bytes(data)[0] == P_DATA_TF
        if is_response and self.at is Point.BEFORE_RESPONSE:
            die()
        super().sendall(data, flags)
        if is_response:
            die()


def dying_socket(listening: socket, *, at: Point) -> socket:
    """Take a listening socket over."""
    dying = DyingSocket(fileno=listening.detach())
    dying.at = at
    return dying
