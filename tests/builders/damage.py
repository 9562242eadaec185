"""What SQLite says of a damaged file, and how a file is damaged."""

import sqlite3
from pathlib import Path

from triage.database.engine import DatabaseError

PAGE = 4096


def said_by_sqlite(name: str) -> DatabaseError:
    """Make an error as the driver raises it, with SQLite's own name for it."""
    told = sqlite3.DatabaseError("database disk image is malformed")
    told.sqlite_errorname = name
    return DatabaseError(None, None, told)


def overwrite_root(file: Path, name: str) -> None:
    """Overwrite the page at which SQLite begins to look in a table or an index."""
    connection = sqlite3.connect(file)
    found = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,))
    (page,) = found.fetchone()
    connection.close()
    with file.open("r+b") as stream:
        stream.seek((page - 1) * PAGE)
        stream.write(b"\xa5" * PAGE)
