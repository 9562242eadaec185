"""``triage report``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

import typer

from triage.cli.agreement import Part, answered
from triage.cli.options import SettingsFile, day_named, look_only, settings_from
from triage.cli.page import Section, page_of
from triage.cli.tables import WRITERS, Format, as_table, objects
from triage.cli.thumbnails import films_of, pictures
from triage.database.calendar import current_rule
from triage.database.questions import REPORTS

DAYS = 30

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="Without one, all are listed.")]
Since = Annotated[
    datetime | None,
    typer.Option(parser=day_named, metavar="DAY", help="The first day; 30 days ago."),
]
As = Annotated[Format, typer.Option("--format", help="How it is printed.")]


def report(
    name: Name = None,
    settings: SettingsFile = None,
    since: Since = None,
    form: As = Format.TABLE,
) -> None:
    """Print a report of the last days, or list all reports."""
    if name is None:
        print("\n".join(f"{found.name:<16}{found.title}" for found in REPORTS.values()))
        return
    if name not in REPORTS:
        raise typer.BadParameter(f"NAME {name}: one of {', '.join(REPORTS)}")
    with look_only(settings) as connection:
        now = datetime.now(current_rule(connection).zone)
        first = (since or now - timedelta(days=DAYS)).date()
        parts = answered(connection, REPORTS[name], since=first)
        last = parts[-1]
        films = films_of(connection, last.report, last.table) if form is Format.HTML else []
    if form is Format.HTML:
        drawn = pictures(films, settings_from(settings).data.folder / "spool")
        print(page_of(_sections(parts, drawn), since=first, now=now), end="")
    else:
        print(_text(parts, form), end="")


def _sections(parts: Sequence[Part], drawn: Mapping[int, bytes]) -> list[Section]:
    """Put the pictures beside the last answer, to whose rows they belong."""
    *first, last = [Section(part.report, part.spoken, part.note) for part in parts]
    return [*first, replace(last, pictures=drawn)]


def _text(parts: Sequence[Part], form: Format) -> str:
    """Write answers one below the other; CSV, which is one table, has the first alone."""
    first, *further = parts
    if form is Format.TABLE:
        below = (f"\n{part.report.title}\n{as_table(part.spoken)}" for part in further)
        return as_table(first.spoken) + "".join(below)
    if form is Format.JSON and further:
        answers = {part.report.name: objects(part.table) for part in parts}
        return json.dumps(answers, indent=2, ensure_ascii=False) + "\n"
    return WRITERS[form](first.table)
