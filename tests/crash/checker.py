"""Holds what the sender was told against database, files and PACS."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, text

from tests.builders.pacs import Pacs
from triage.spool import digest_of

TERMINAL = {"DONE", "NOT_ASSESSED"}
SWEPT = ("??/*.dcm", "*.part", "tmp*.dcm")
ONCE = {
    "instance": "SELECT sop_instance_uid, COUNT(*) FROM instance GROUP BY sop_instance_uid",
    "study": "SELECT study_uid, COUNT(*) FROM study GROUP BY study_uid",
    "arrival": """SELECT study_uid, COUNT(event.id) FROM study LEFT JOIN event
        ON event.study_id = study.id AND kind = 'study' AND from_state = 'NEW'
        GROUP BY study_uid""",
    "queue": """SELECT study_uid, COUNT(event.id) FROM study LEFT JOIN event
        ON event.study_id = study.id AND kind = 'study' AND to_state = 'QUEUED'
        GROUP BY study_uid""",
    "film": """SELECT study_uid, COUNT(DISTINCT instance.digest) FROM study
        LEFT JOIN instance ON instance.study_id = study.id GROUP BY study_uid""",
}


@dataclass(frozen=True)
class Checker:
    """What is left after a crash: each question is answered with the offenders."""

    engine: Engine
    folder: Path

    def lost(self, acknowledged: Iterable[str]) -> list[str]:
        """Name acknowledged instances without exactly one row and its whole file."""
        rows = self._pairs("SELECT sop_instance_uid, digest FROM instance")
        whole = Counter(uid for uid, digest in rows if self._is_whole(digest))
        return [uid for uid in acknowledged if whole[uid] != 1]

    def altered(self, acknowledged: Mapping[str, str]) -> list[str]:
        """Name acknowledged instances of which no row has the digest of what was sent."""
        rows = set(self._pairs("SELECT sop_instance_uid, digest FROM instance"))
        return [uid for uid, digest in acknowledged.items() if (uid, digest) not in rows]

    def repeated(self) -> list[str]:
        """Name what is not there exactly once, where each film is a study of its own.

        All studies are complete: each has one row, arrived once and was queued once.
        """
        found = ((what, *row) for what, query in ONCE.items() for row in self._pairs(query))
        return [f"{what} {name}" for what, name, count in found if int(count) != 1]

    def orphans(self) -> set[str]:
        """Name the digests of films on disk that no row names."""
        named = {digest for _, digest in self._pairs("SELECT id, digest FROM instance")}
        return {path.stem for path in self.folder.glob("spool/*/*.dcm")} - named

    def strange(self) -> list[str]:
        """Name files in the spool that no sweep would ever look at."""
        spool = self.folder / "spool"
        known = {path for pattern in SWEPT for path in spool.glob(pattern)}
        return [path.name for path in spool.rglob("*") if path.is_file() and path not in known]

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
