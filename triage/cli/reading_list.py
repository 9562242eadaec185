"""``triage worklist list``: the reading list of a day."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.options import SettingsFile, day_named, look_only, settings_from
from triage.cli.reading_page import Listed, reading_page
from triage.cli.tables import WRITERS, Format
from triage.database.calendar import current_rule
from triage.database.engine import Connection
from triage.database.reading_list import reading_list, shown_films
from triage.database.statistics import Table
from triage.decode.person import Person, person
from triage.domain.errors import ConfigurationError
from triage.settings import Settings
from triage.spool import path_in

Day = Annotated[
    datetime | None,
    typer.Option("--date", parser=day_named, metavar="DAY", help="Whose list; today's."),
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
    with look_only(settings) as connection:
        listed = listed_on(connection, None if day is None else day.date())
        text = list_text(connection, listed, settings_from(settings), form=form, patients=patients)
    if to is None:
        print(text, end="")
    else:
        write_whole(text, to)


def listed_on(connection: Connection, day: date | None) -> Listed:
    """Return the list of a day, or of today."""
    rule = current_rule(connection)
    now = datetime.now(rule.zone)
    wanted = now.date() if day is None else day
    return Listed(wanted, now, rule.maximum_wait, reading_list(connection, wanted))


def list_text(
    connection: Connection, listed: Listed, choice: Settings, *, form: Format, patients: bool
) -> str:
    """Write a list in a format.

    Who may read the reporting views alone gets it where it needs no film.

    Args:
        connection: to ask for films.
        listed: the list.
        choice: says where the films are, and how they look.
        form: the format.
        patients: whether they are named, as the films' headers do.
    """
    if form is not Format.HTML and not patients:
        return WRITERS[form](listed.table)
    films = shown_films(connection, listed.day)
    files = {
        study: path_in(choice.data.folder / "spool", film.digest) for study, film in films.items()
    }
    persons = {study: person(file) for study, file in files.items()} if patients else None
    if form is not Format.HTML:
        return WRITERS[form](_named(listed.table, persons or {}))
    from triage.cli.small_films import draw_small  # no other format needs the decoder

    drawn = draw_small(films, files, choice.picture)
    return reading_page(replace(listed, persons=persons, films=drawn))


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


def write_whole(text: str, to: Path) -> None:
    """Write a file that this user alone reads; a reader sees the old one or the new.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    unfinished = None
    try:
        descriptor, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}.")
        unfinished = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        unfinished.replace(to)
    except OSError as error:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)
        raise ConfigurationError(f"--to {to}: {error.strerror}") from error
