"""Parts of a listener that are unguarded: each lacks one thing that the real one has."""

import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from triage.daemon.ledger import Ledger
from triage.daemon.listener import DurableDraft, DurableKeeper
from triage.database.engine import LISTENER, open_engine
from triage.database.receipts import Receipt
from triage.spool import Spool, Unfinished


class HastyLedger(Ledger):
    """Answers before it commits: that it does when the association has ended."""

    def commit(self, receipt: Receipt, *, association_id: int) -> bool:
        self.__dict__.setdefault("promised", []).append((receipt, association_id))
        return True

    def close(self, association_id: int) -> None:
        for receipt, number in self.__dict__.pop("promised", []):
            super().commit(receipt, association_id=number)
        super().close(association_id)


class UnsyncedSpool(Spool):
    """Asks no disk whether the bytes are there."""

    def begin(self) -> Unfinished:
        return _UnsyncedFile(self)


class _UnsyncedFile(Unfinished):
    def keep(self) -> str:
        digest = self._digest.hexdigest()
        path = self._spool.path(digest)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        source = f"/proc/self/fd/{self._descriptor}"
        with suppress(FileExistsError):
            os.link(source, path.name, dst_dir_fd=folder, follow_symlinks=True)
        os.close(folder)
        self.discard()
        return str(digest)


class CarelessSpool(Spool):
    """Does not look whether a write has failed."""

    def begin(self) -> Unfinished:
        return _CarelessFile(self)


class _CarelessFile(Unfinished):
    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        with suppress(OSError):
            super().write(pieces)


class ForgetfulSpool(Spool):
    """Names no file by its contents alone, so that a film which comes again is a new one."""

    def begin(self) -> Unfinished:
        file = super().begin()
        file.write([uuid.uuid4().bytes])
        return file


class RawKeeper(DurableKeeper):
    """Lets the system's errors through as they are."""

    def draft(self) -> DurableDraft:
        return DurableDraft(self._ledger, self._spool.begin(), self._room)


def open_visible(folder: Path) -> tuple[int, str | None]:
    """Open a file that is visible from its first byte, as if it was whole."""
    path = folder / "00" / f"{uuid.uuid4().hex}.dcm"
    return os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), None


def lazy_engine(url: str) -> Engine:
    """Open an SQLite engine that leaves it to the system when a commit reaches the disk."""
    engine = open_engine(url, LISTENER)

    @event.listens_for(engine, "connect")
    def _relax(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.cursor().execute("PRAGMA synchronous=OFF")

    return engine
