"""What a night leaves in a folder: the day's reading list, and its reconciliation."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from triage.cli.reading_list import list_text, listed_on, write_whole
from triage.cli.tables import Format
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

    Each is the old file or the new one to whoever reads it, and this user's alone; the last to be
    written is the reconciliation. Nobody is named, but what is burnt into a film is in the page.

    Raises:
        ConfigurationError: a file cannot be written.
    """
    with engine.connect() as connection:
        listed = listed_on(connection, day)
        texts = {
            form: list_text(connection, listed, settings, form=form, patients=False)
            for form in FORMATS
        }
    for form, text in texts.items():
        write_whole(text, folder / f"reading-list-{day}.{form}")
    told = json.dumps(reconciled, indent=2, ensure_ascii=False)
    write_whole(f"{told}\n", folder / f"reconciliation-{day}.json")
