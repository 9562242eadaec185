"""Holds what the sender was told against database, files and PACS."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from tests.builders.pacs import Pacs
from triage.spool import digest_of

TERMINAL = {"DONE", "NOT_ASSESSED"}


@dataclass(frozen=True)
class Checker:
    """What is left after a crash: each question is answered with the offenders."""

    engine: Engine
    folder: Path

    def lost(self, acknowledged: Iterable[str]) -> list[str]:
        """Name acknowledged instances without exactly one row and its whole file."""
        rows = self._pairs("SELECT sop_instance_uid, digest FROM instance")
        whole = [uid for uid, digest in rows if self._is_whole(digest)]
        return [uid for uid in acknowledged if whole.count(uid) != 1]

    def unfinished(self) -> list[tuple[str, str]]:
        """Name studies that are in no terminal state."""
        rows = self._pairs("SELECT study_uid, state FROM study")
        return [(uid, state) for uid, state in rows if state not in TERMINAL]

    def partial(self) -> list[str]:
        """Name visible files whose contents are not what their name says."""
        files = [*self.folder.glob("spool/*/*.dcm"), *self.folder.glob("results/*/*.dcm")]
        return [path.name for path in files if _digest(path) != path.stem]

    def doubled(self) -> list[str]:
        """Name films with a second result, and results with a second delivery."""
        films = "SELECT instance_id, COUNT(*) FROM delivery GROUP BY instance_id"
        results = "SELECT sop_instance_uid, COUNT(*) FROM delivery GROUP BY sop_instance_uid"
        rows = [*self._pairs(films), *self._pairs(results)]
        return [str(name) for name, count in rows if int(count) != 1]

    def undelivered(self, pacs: Pacs) -> set[str]:
        """Name captures of assessed films that the PACS lacks, or has without an outbox row."""
        assessed = self._pairs("SELECT id, state FROM instance WHERE state = 'ASSESSED'")
        sent = {uid for uid, _ in self._pairs("SELECT sop_instance_uid, state FROM delivery")}
        missing = {"some film has no delivery"} if len(sent) != len(assessed) else set()
        return missing | (sent ^ set(pacs.times_received))

    def _is_whole(self, digest: str) -> bool:
        path = self.folder / "spool" / digest[:2] / f"{digest}.dcm"
        return path.exists() and _digest(path) == digest

    def _pairs(self, query: str) -> list[tuple[str, str]]:
        with self.engine.begin() as connection:
            return [(str(one), str(other)) for one, other in connection.execute(text(query))]


def different_bytes(pacs: Pacs) -> list[str]:
    """Name captures that came to the PACS more than once with other bytes."""
    by_uid: dict[str, set[bytes]] = {}
    for dataset, encoded in zip(pacs.objects, pacs.received, strict=True):
        by_uid.setdefault(str(dataset.SOPInstanceUID), set()).add(encoded)
    return [uid for uid, versions in by_uid.items() if len(versions) > 1]


def _digest(path: Path) -> str:
    return digest_of(path.read_bytes())
