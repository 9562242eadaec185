"""A house with nothing but listeners, its data folder and its database."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from tests.builders.studies import complete
from tests.crash.checker import Checker
from tests.crash.listeners import Listeners, running_listeners
from triage.database.engine import database_time
from triage.database.queue import complete_studies
from triage.spool import Spool


@dataclass(frozen=True, slots=True)
class Site:
    """What a test needs of it."""

    folder: Path
    engine: Engine

    @property
    def database_url(self) -> str:
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def checker(self) -> Checker:
        """Looks at the database and the data folder."""
        return Checker(self.engine, self.folder)

    @property
    def spool(self) -> Spool:
        return Spool(self.folder / "spool")

    def listeners(
        self, parts: str = "", *, many: int = 1, **options: str
    ) -> AbstractContextManager[Listeners]:
        """Run listener processes, real ones unless they are composed of parts."""
        return running_listeners(
            self.folder, self.database_url, many=many, parts=parts, options=options
        )

    def complete(self) -> int:
        """Queue every study, and return how many."""
        with self.engine.begin() as connection:
            return complete(connection, now=database_time(connection))

    def complete_silent(self) -> int:
        """Queue every study all of whose associations have ended, and return how many."""
        with self.engine.begin() as connection:
            return complete_studies(
                connection,
                now=database_time(connection),
                quiet=timedelta(0),
                longest_wait=timedelta(hours=1),
            )

    def integrity(self) -> str:
        """Return what SQLite says of its own file."""
        with self.engine.begin() as connection:
            return str(connection.scalar(text("PRAGMA integrity_check")))
