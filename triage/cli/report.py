"""``triage report``."""

import csv
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from triage.cli.options import SettingsFile, look_only, print_json
from triage.database.questions import REPORTS
from triage.database.statistics import Report, Table, Value, ask

DAYS = 30
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell of text that begins so, wide forms too, is computed unless a quote stands before it."""


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


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
    first = since or datetime.now(UTC) - timedelta(days=DAYS)
    with look_only(settings) as connection:
        table = ask(connection, REPORTS[name], since=first.date())
    PRINTERS[form](REPORTS[name], table)


def _print_table(_report: Report, table: Table) -> None:
    """Print columns as wide as they need to be; numbers stand to the right."""
    rows = [tuple(_shown(value) for value in row) for row in (table.columns, *table.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    numeric = [
        any(isinstance(row[place], int | float) for row in table.rows)
        for place in range(len(widths))
    ]
    for row in rows:
        cells = zip(row, widths, numeric, strict=True)
        line = "  ".join(f"{cell:{'>' if right else '<'}{width}}" for cell, width, right in cells)
        print(line.rstrip())


def _print_csv(_report: Report, table: Table) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([defused(value) for value in row] for row in table.rows)


def _print_json(_report: Report, table: Table) -> None:
    print_json([dict(zip(table.columns, row, strict=True)) for row in table.rows])


def defused(value: Value) -> Value:
    """Put a quote before text that a spreadsheet would compute.

    >>> defused("=1+1"), defused(-1)
    ("'=1+1", -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _shown(value: Value) -> str:
    """Write a value for a terminal: four significant digits, and nothing that moves its cursor."""
    if value is None:
        return "-"
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return "".join(letter if letter.isprintable() else "?" for letter in text)


PRINTERS: dict[Format, Callable[[Report, Table], None]] = {
    Format.TABLE: _print_table,
    Format.CSV: _print_csv,
    Format.JSON: _print_json,
}
