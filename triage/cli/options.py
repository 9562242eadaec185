"""Options that several commands share, and how they find settings and database."""

import getpass
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import track

from triage.database.engine import (
    Connection,
    DatabaseError,
    Engine,
    database_time,
    existing_engine,
    refuse_damaged,
)
from triage.database.migrate import require_newest
from triage.domain.errors import ConfigurationError, UnavailableError
from triage.settings import Settings, load_settings

Item = TypeVar("Item")
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", envvar="TRIAGE_SETTINGS", help="The settings' TOML file."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LabelFiles = Annotated[
    list[Path] | None,
    typer.Option("--labels", help="CSV; the first names the films. Else the folder's own."),
]
Only = Annotated[
    list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Rows of the labels to use.")
]
Draws = Annotated[int, typer.Option(min=100, max=100_000, help="Draws of patients.")]
Seed = Annotated[int, typer.Option(min=0, help="Of what is drawn.")]
StudyUID = Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID.")]


def settings_from(file: Path | None) -> Settings:
    """Read the settings that this process was given."""
    return load_settings(file, environment=os.environ)


@contextmanager
def opened(choice: Settings) -> Iterator[Engine]:
    """Open the daemon's database, which has this program's schema.

    Raises:
        ConfigurationError: no daemon has made it yet, or its schema is older or newer,
            or it is damaged.
        UnavailableError: it cannot be reached.
    """
    engine = existing_engine(choice.database_url)
    try:
        with engine.connect() as connection:
            require_newest(connection)
        yield engine
    except DatabaseError as error:
        refuse_damaged(error)
        raise UnavailableError(f"database: {type(error.orig).__name__}") from error
    finally:
        engine.dispose()


@contextmanager
def transaction(settings: Path | None) -> Iterator[tuple[Connection, datetime]]:
    """Begin a transaction on the daemon's database and give its time; errors as ``opened``."""
    with opened(settings_from(settings)) as engine, engine.begin() as connection:
        yield connection, database_time(connection)


@contextmanager
def look_only(settings: Path | None) -> Iterator[Connection]:
    """Connect to the daemon's database to read, without a transaction that others wait for.

    Errors are those of ``opened``.
    """
    with opened(settings_from(settings)) as engine, engine.connect() as connection:
        yield connection


def pairs_of(option: str, texts: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """Cut at the first ``=``; what follows may be empty, as a cell may."""
    parts = [text.partition("=") for text in texts or ()]
    for name, equals, value in parts:
        if not (name and equals):
            raise typer.BadParameter(f"{option} {name}{equals}{value}: a name, =, and a value")
    return tuple((name, value) for name, _, value in parts)


def day_named(text: str) -> datetime:
    """Read a day, such as ``2026-11-26``."""
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a day of the site's zone
    except ValueError:
        raise typer.BadParameter(f"{text}: a day of the calendar, such as 2026-11-26") from None


def with_progress(items: Sequence[Item], what: str = "assess") -> Iterable[Item]:
    """Count films or files on a terminal while something is done with each."""
    console = Console(stderr=True)
    return track(items, what, console=console, disable=not console.is_terminal)


def make_folder(to: Path) -> None:
    """Make the folder that ``--to`` names.

    Raises:
        ConfigurationError: it cannot be made.
    """
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--to {to}: {error.strerror}") from error


def print_json(value: object) -> None:
    """Print a value as JSON; times in ISO 8601."""
    print(json_text(value))


def json_text(value: object) -> str:
    """Write a value as JSON, as ``print_json`` prints it."""
    return json.dumps(value, default=_plain, indent=2, ensure_ascii=False)


def who() -> str:
    """Name the person at the keyboard, for the event."""
    return f"operator:{getpass.getuser()}"


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "items"):
        return dict(value.items())
    return str(value)
