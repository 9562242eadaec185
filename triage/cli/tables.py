"""Tables as text: for a terminal, a spreadsheet, another program."""

import csv
import io
import json
from collections.abc import Callable
from enum import StrEnum

from triage.cli.cells import defused, shown
from triage.database.statistics import Table, Value


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


def as_table(table: Table) -> str:
    """Write columns as wide as they need to be, numbers to the right, or that there are no rows."""
    rows = [tuple(shown(value) for value in row) for row in (table.columns, *table.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    numeric = [
        any(isinstance(row[place], int | float) for row in table.rows)
        for place in range(len(widths))
    ]
    lines = []
    for row in rows:
        cells = zip(row, widths, numeric, strict=True)
        line = "  ".join(f"{cell:{'>' if right else '<'}{width}}" for cell, width, right in cells)
        lines.append(f"{line.rstrip()}\n")
    return "".join(lines if table.rows else [*lines, "no rows\n"])


def as_csv(table: Table) -> str:
    """Write a header and a line for each row; no cell is computed by a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([defused(value) for value in row] for row in table.rows)
    return text.getvalue()


def as_json(table: Table) -> str:
    """Write an object for each row."""
    return json.dumps(objects(table), indent=2, ensure_ascii=False) + "\n"


def objects(table: Table) -> list[dict[str, Value]]:
    """Return the rows as objects, which a program reads by the names of the columns."""
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


WRITERS: dict[Format, Callable[[Table], str]] = {
    Format.TABLE: as_table,
    Format.CSV: as_csv,
    Format.JSON: as_json,
}
"""Of every format but HTML, which needs more than the table."""
