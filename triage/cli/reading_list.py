"""``triage worklist list``: the reading list of a day."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.options import SettingsFile, look_only, settings_from
from triage.cli.reading_page import Listed, reading_page
from triage.cli.tables import WRITERS, Format
from triage.database.calendar import current_rule
from triage.database.engine import Connection
from triage.database.reading_list import reading_list, shown_films
from triage.database.statistics import Table
from triage.decode.person import Person, person
from triage.domain.errors import ConfigurationError
from triage.spool import path_in

Day = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], metavar="DAY", help="Whose list; today's."),
]
As = Annotated[Format, typer.Option("--format", help="How it is written.")]
To = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Written whole or not at all; else printed.")
]
Patients = Annotated[
    bool, typer.Option("--patients", help="Name the patients, as the films' headers do.")
]


def list_studies(
    settings: SettingsFile = None,
    day: Day = None,
    form: As = Format.TABLE,
    to: To = None,
    patients: Patients = False,
) -> None:
    """List a day's studies in the order in which they should be read.

    The ordered priority goes before everything; then whoever waited longest for too long; then the
    tier, the probability and the wait.
    """
    choice = settings_from(settings)
    with look_only(settings) as connection:
        listed = _listed(connection, day)
        films = shown_films(connection, listed.day)
    files = {
        study: path_in(choice.data.folder / "spool", film.digest) for study, film in films.items()
    }
    persons = {study: person(file) for study, file in files.items()} if patients else None
    if form is Format.HTML:
        from triage.cli.small_films import draw_small  # no other format needs the decoder

        drawn = draw_small(films, files, choice.picture)
        text = reading_page(replace(listed, persons=persons, films=drawn))
    else:
        text = WRITERS[form](listed.table if persons is None else _named(listed.table, persons))
    _write(text, to)


def _listed(connection: Connection, day: datetime | None) -> Listed:
    rule = current_rule(connection)
    now = datetime.now(rule.zone)
    wanted = now.date() if day is None else day.date()
    return Listed(wanted, now, rule.maximum_wait, reading_list(connection, wanted))


def _named(table: Table, persons: Mapping[str, Person]) -> Table:
    """Add columns that say who it is."""
    place = table.columns.index("study_uid")
    rows = []
    for row in table.rows:
        known = persons.get(str(row[place]), Person())
        told = (known.name, known.patient_id, known.birth_date, known.accession)
        rows.append((*row, *(hidden.reveal or None for hidden in told)))
    names = ("patient_name", "patient_id", "birth_date", "accession_number")
    return Table((*table.columns, *names), rows)


def _write(text: str, to: Path | None) -> None:
    """Print, or write a file that this user alone reads; a reader sees the old one or the new.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    if to is None:
        print(text, end="")
        return
    try:
        descriptor, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(to)
    except OSError as error:
        raise ConfigurationError(f"--to {to}: {error.strerror}") from error
