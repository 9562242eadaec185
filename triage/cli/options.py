"""Options that several commands share, and how they find settings and database."""

import getpass
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

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
