"""A data folder with films and captures in it, to be held against a database."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, select

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.studies import EXPLICIT
from triage.daemon.audit import Audit, Audited
from triage.daemon.reindex import Rebuilt, Reindex
from triage.database import schema
from triage.database.engine import database_time, open_engine
from triage.database.receipts import Receipt
from triage.domain.assessment import Assessment, Finding, Model, Tier
from triage.encode.secondary_capture import Capture, encode_capture
from triage.receive.arrival import Inspection
from triage.settings import Pacs
from triage.spool import Spool

SAID = (Finding("tumour", 0.912, 0.5, Tier.FLAGGED), Finding("inflammation", 0.1, 0.4, Tier.BELOW))
MODEL = Model("two-heads", "1.2", "ab" * 32)
OLD_S = 7200.0
"""How old files are unless told: nothing is on its way any more."""


@dataclass(frozen=True, slots=True)
class Site:
    """A data folder, and its database."""

    folder: Path
    engine: Engine

    @property
    def films(self) -> Spool:
        return Spool(self.folder / "spool")

    @property
    def results(self) -> Spool:
        return Spool(self.folder / "results")

    def film(self, uid: str, *, age_s: float = OLD_S, **attributes: object) -> Receipt:
        """Put a film's file into the spool, and return its receipt."""
        told: dict[str, object] = {"ViewPosition": "PA", "SOPInstanceUID": uid, **attributes}
        coming = Inspection(sop_class_uid=CR, sop_instance_uid=uid, transfer_syntax_uid=EXPLICIT)
        data_set = encoded(film_dataset(**told))
        coming.feed(data_set)
        arrival = coming.finish()
        digest = self.films.write([coming.header, data_set])
        self._age(self.films.path(digest), age_s)
        named = {name: getattr(arrival, name) for name in _NAMES}
        return Receipt(**named, digest=digest, bytes=len(coming.header) + len(data_set))

    def capture(self, film: Receipt, *, age_s: float = OLD_S, page: int = 1) -> tuple[Capture, str]:
        """Put a film's capture into the results, and return it with its digest."""
        made = encode_capture(
            self.films.path(film.digest),
            np.zeros((8, 8, 3), np.uint8),
            assessment=Assessment(MODEL, SAID, ()),
            appearance_digest="cd" * 32,
            received_at=None,
            page=page,
        )
        digest = self.results.write([made.encoded])
        self._age(self.results.path(digest), age_s)
        return made, digest

    def now(self) -> datetime:
        """Return the database's time."""
        with self.engine.begin() as connection:
            return database_time(connection)

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        """Read a whole table in the order of its rows."""
        found = schema.metadata.tables[table]
        with self.engine.begin() as connection:
            rows = connection.execute(select(found).order_by(*found.primary_key))
            return [dict(row) for row in rows.mappings()]

    def reindex(self, *, returns: bool = True, dry_run: bool = False) -> Rebuilt:
        """Make the rows anew."""
        pacs = Pacs.model_validate({"return": returns})
        return Reindex(self.engine, folder=self.folder, pacs=pacs, dry_run=dry_run).run()

    def audit(self, engine: Engine | None = None) -> Audited:
        """Hold everything against each other."""
        films, results = self.folder / "spool", self.folder / "results"
        return Audit(engine or self.engine, films=films, results=results).run()

    def _age(self, path: Path, age_s: float) -> None:
        stored_s = path.stat().st_mtime - age_s
        os.utime(path, (stored_s, stored_s))


_NAMES = (
    "sop_instance_uid",
    "sop_class_uid",
    "study_uid",
    "series_uid",
    "modality",
    "transfer_syntax_uid",
)


def spoil(path: Path) -> None:
    """Change one byte in the middle of a file."""
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 2] ^= 0xFF
    path.write_bytes(contents)


def site_at(folder: Path, url: str) -> Site:
    """Open a site in another process."""
    return Site(folder, open_engine(url))
