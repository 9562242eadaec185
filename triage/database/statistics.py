"""The department's questions, each answered by a view that the migrations made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import Connection

from triage.database.statement import Row, look

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """How a table is drawn: a bar for each row.

    Args:
        value: the column that tells how long a bar is.
        what: what it tells, in words.
        unit: in which, if it has one.
        by: those that name it.
        along: a column of days; bars of one name stand beside each other along it.
    """

    value: str
    what: str
    unit: str = ""
    by: tuple[str, ...] = ()
    along: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A question, and the columns of its answer.

    Args:
        name: by which a person asks.
        title: what is answered, in one sentence.
        view: where the answer lies.
        columns: each a name, and before it what is selected where that is more than the name.
        by: the columns that rows are summed up by; none where each row of the view is shown.
        order: of the rows.
        since: the column that a first day is held against.
        beside: another one, which may be a month older.
        plot: how the table is drawn.
    """

    name: str
    title: str
    view: str
    columns: tuple[tuple[str, str], ...]
    order: str
    plot: Plot | None = None
    by: tuple[str, ...] = ()
    since: str = "day"
    beside: str | None = None

    @property
    def sql(self) -> str:
        """The statement; its values are what ``values`` returns."""
        shown = ", ".join(f"{term} AS {name}" for name, term in self.columns)
        days = " AND ".join(f"{column} >= ?" for column in (self.since, self.beside) if column)
        group = f" GROUP BY {', '.join(self.by)}" if self.by else ""
        return f"SELECT {shown} FROM {self.view} WHERE {days}{group} ORDER BY {self.order}"  # noqa: S608 - constants of this file

    def first_days(self, since: date) -> tuple[date, ...]:
        """Return the value of each first day."""
        if self.since != "month":
            return (since,)
        month = since.replace(day=1)
        before = month.replace(
            year=month.year - (month.month == 1), month=(month.month - 2) % 12 + 1
        )
        return (month, before)


@dataclass(frozen=True, slots=True)
class Table:
    """An answer: names of columns, and rows as plain values; times are UTC."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Value, ...]]


def ask(connection: Connection, report: Report, *, since: date) -> Table:
    """Answer a question for the days from ``since`` on.

    It begins no transaction, so that on SQLite nobody waits for it.
    """
    names = tuple(name for name, _ in report.columns)
    rows = rows_of(connection, report, since=since)
    return Table(
        names, [tuple(plain(*pair) for pair in zip(names, row, strict=True)) for row in rows]
    )


def rows_of(connection: Connection, report: Report, *, since: date) -> list[Row]:
    """Return an answer's rows in the database's own types, as ``ask`` finds them."""
    days = report.first_days(since)
    on_sqlite = connection.dialect.name == "sqlite"
    return look(connection, report.sql, [day.isoformat() for day in days] if on_sqlite else days)


def plain(name: str, value: object) -> Value:
    """Make of what either database returns the same."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, str) and name.endswith("_at"):
        return value[:19]
    return value if isinstance(value, int | float) else None if value is None else str(value)
