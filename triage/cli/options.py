"""Options that several commands share, and how they find settings and database."""

import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.database.engine import (
    Connection,
    DatabaseError,
    database_time,
    existing_engine,
)
from triage.domain.errors import UnavailableError
from triage.settings import Settings, load_settings

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", envvar="TRIAGE_SETTINGS", help="The settings' TOML file."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
StudyUID = Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID.")]


def settings_from(file: Path | None) -> Settings:
    """Read the settings that this process was given."""
    return load_settings(file, environment=os.environ)


@contextmanager
def transaction(settings: Path | None) -> Iterator[tuple[Connection, datetime]]:
    """Begin a transaction on the daemon's database and give its time.

    Raises:
        ConfigurationError: no daemon has made the database yet.
        UnavailableError: it cannot be reached.
    """
    engine = existing_engine(settings_from(settings).database_url)
    try:
        with engine.begin() as connection:
            yield connection, database_time(connection)
    except DatabaseError as error:
        raise UnavailableError(f"database: {type(error.orig).__name__}") from error
    finally:
        engine.dispose()


def print_json(value: object) -> None:
    """Print a value as JSON; times in ISO 8601."""
    json.dump(value, sys.stdout, default=_plain, indent=2, ensure_ascii=False)
    print()


def who() -> str:
    """Name the person at the keyboard, for the event."""
    return f"operator:{getpass.getuser()}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "items"):
        return dict(value.items())
    return str(value)
