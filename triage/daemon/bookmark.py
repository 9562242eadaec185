"""A note beside the database of the newest film in it, by which the loss of rows is noticed."""

from pathlib import Path

from triage.database.engine import Connection
from triage.database.inventory import newest_film
from triage.database.sweep import known_films

NAME = "newest-film"


class Bookmark:
    """A file in the data folder with the digest of a film that the database had.

    Rows of films are never deleted: a database without this one was lost, or is an older copy.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / NAME

    def keep(self, connection: Connection) -> None:
        """Note the newest film, but not in place of one that is lost."""
        if not self.is_lost(connection):
            self.renew(connection)

    def renew(self, connection: Connection) -> None:
        """Note the newest film, whatever was lost."""
        digest = newest_film(connection)
        if digest is None:
            self._file.unlink(missing_ok=True)
            return
        unfinished = self._file.with_suffix(".part")
        unfinished.write_text(digest, "ascii")
        unfinished.rename(self._file)  # a power cut may take the note, and never makes a wrong one

    def is_lost(self, connection: Connection) -> bool:
        """Tell whether the database lacks the film that was noted."""
        try:
            digest = self._file.read_text("ascii")
        except FileNotFoundError:
            return False
        return bool(digest) and not known_films(connection, [digest])
