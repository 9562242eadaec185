"""What a night leaves in a folder: the morning's reading list, and its reconciliation."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from triage.cli.options import json_text
from triage.cli.reading_list import list_text, listed_on, write_whole
from triage.cli.tables import Format
from triage.database import runs
from triage.database.calendar import current_rule
from triage.database.engine import Engine
from triage.settings import Settings

FORMATS = (Format.CSV, Format.JSON, Format.HTML)


def write_night(
    engine: Engine,
    settings: Settings,
    folder: Path,
    *,
    day: date,
    reconciled: Mapping[str, object],
) -> None:
    """Write ``reading-list-DAY`` in each format and ``reconciliation-DAY.json``.

    The list is that of the day on which the night ended, for what it pulled came until then.
    Each is the old file or the new one to whoever reads it, and this user's alone; the last to be
    written is the reconciliation. Nobody is named, but what is burnt into a film is in the page.

    Raises:
        ConfigurationError: a file cannot be written.
    """
    with engine.connect() as connection:
        ended = runs.last_end(connection, day)
        morning = ended.astimezone(current_rule(connection).zone).date() if ended else day
        listed = listed_on(connection, morning)
        texts = {
            form: list_text(connection, listed, settings, form=form, patients=False)
            for form in FORMATS
        }
    for form, text in texts.items():
        write_whole(text, folder / f"reading-list-{day}.{form}")
    write_whole(f"{json_text(reconciled)}\n", folder / f"reconciliation-{day}.json")
