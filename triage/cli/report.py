"""``triage report``."""

import csv
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from triage.cli.cells import defused, shown
from triage.cli.options import SettingsFile, look_only, print_json
from triage.cli.page import page
from triage.database.questions import REPORTS
from triage.database.statistics import Table, ask

DAYS = 30


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


Name = Annotated[str | None, typer.Argument(metavar="NAME", help="Without one, all are listed.")]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The first day, in UTC; 30 days ago."),
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
    now = datetime.now(UTC)
    first = (since or now - timedelta(days=DAYS)).date()
    with look_only(settings) as connection:
        table = ask(connection, REPORTS[name], since=first)
    if form is Format.HTML:
        print(page(REPORTS[name], table, since=first, now=now), end="")
    else:
        PRINTERS[form](table)


def _print_table(table: Table) -> None:
    """Print columns as wide as they need to be; numbers stand to the right."""
    rows = [tuple(shown(value) for value in row) for row in (table.columns, *table.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    numeric = [
        any(isinstance(row[place], int | float) for row in table.rows)
        for place in range(len(widths))
    ]
    for row in rows:
        cells = zip(row, widths, numeric, strict=True)
        line = "  ".join(f"{cell:{'>' if right else '<'}{width}}" for cell, width, right in cells)
        print(line.rstrip())


def _print_csv(table: Table) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([defused(value) for value in row] for row in table.rows)


def _print_json(table: Table) -> None:
    print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])


PRINTERS: dict[Format, Callable[[Table], None]] = {
    Format.TABLE: _print_table,
    Format.CSV: _print_csv,
    Format.JSON: _print_json,
}
