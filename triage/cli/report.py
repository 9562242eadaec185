"""``triage report``."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from triage.cli.options import SettingsFile, look_only
from triage.cli.page import page
from triage.cli.tables import WRITERS, Format
from triage.database.calendar import current_rule
from triage.database.questions import REPORTS
from triage.database.statistics import ask

DAYS = 30


Name = Annotated[str | None, typer.Argument(metavar="NAME", help="Without one, all are listed.")]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The first day; 30 days ago."),
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
        table = ask(connection, REPORTS[name], since=first)
    if form is Format.HTML:
        print(page(REPORTS[name], table, since=first, now=now), end="")
    else:
        print(WRITERS[form](table), end="")
