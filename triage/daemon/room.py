"""Whether there is room for one more film: on the disks, and in the queue."""

import os
import threading
import time
from pathlib import Path

from triage.database.backlog import waiting_studies
from triage.database.engine import DatabaseError, Engine, NoConnectionFree, sqlite_file
from triage.domain.errors import RejectedInstance

OUT_OF_RESOURCES = 0xA700
COUNT_EVERY_S = 1.0
GB = 1e9


class Room:
    """Says "not now" before disk or queue are full; the sender keeps its film and comes again.

    Args:
        engine: where the studies are counted; an SQLite file's disk is looked at, too.
        folder: the spool.
        reserve_bytes: so much stays free on both disks.
        longest_queue: so many studies may wait.
        count_every_s: how long a count is believed.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        *,
        reserve_bytes: int,
        longest_queue: int,
        count_every_s: float = COUNT_EVERY_S,
    ) -> None:
        self._engine = engine
        file = sqlite_file(engine.url)
        self._disks = {"spool": folder} | ({"database": file.parent} if file else {})
        self._reserve_bytes = reserve_bytes
        self._longest_queue = longest_queue
        self._count_every_s = count_every_s
        self._counts = threading.Lock()
        self._count_again_at = 0.0
        self._waiting = 0

    def check(self) -> None:
        """Return where there is room for one more film.

        Raises:
            RejectedInstance: 0xA700, with what is short, how much there is, and the limit.
        """
        self.check_disks()
        if time.monotonic() >= self._count_again_at and self._counts.acquire(blocking=False):
            try:
                self._count()
            finally:
                self._counts.release()
        if self._waiting >= self._longest_queue:
            raise RejectedInstance(
                OUT_OF_RESOURCES,
                f"queue: {self._waiting} studies wait, "
                f"listener.longest_queue is {self._longest_queue}",
            )

    def check_disks(self) -> None:
        """Return where both disks have room; it asks no database, so it may be asked often.

        Raises:
            RejectedInstance: 0xA700, with what is short, how much there is, and the limit.
        """
        for name, folder in self._disks.items():
            self._check_disk(name, folder)

    def _check_disk(self, name: str, folder: Path) -> None:
        try:
            disk = os.statvfs(folder)
        except OSError as error:
            raise RejectedInstance(OUT_OF_RESOURCES, f"{name}: {error.strerror}") from error
        free_bytes = disk.f_bavail * disk.f_frsize
        if free_bytes < self._reserve_bytes:
            raise RejectedInstance(
                OUT_OF_RESOURCES,
                f"{name}: {free_bytes / GB:.1f} GB are free, "
                f"{self._reserve_bytes / GB:.1f} GB are kept free (spool.reserve_gb)",
            )

    def _count(self) -> None:
        """Count the studies that wait; a database that is away is for the commit to tell."""
        try:
            with self._engine.connect() as connection:
                self._waiting = waiting_studies(connection, most=self._longest_queue)
        except (DatabaseError, NoConnectionFree):
            self._waiting = 0
        self._count_again_at = time.monotonic() + self._count_every_s
