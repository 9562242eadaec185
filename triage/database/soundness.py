"""Whether the database itself is sound: its pages, its indexes, and the keys between its rows."""

from collections.abc import Iterator, Sequence

from sqlalchemy import (
    Connection,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from triage.database.tables import TABLES
from triage.domain.problem import Problem, ProblemCode

MOST_OF_SQLITE = 100
SOUND = "ok"
_NOT_BY_INDEX = "SET LOCAL enable_{} = off"
_INDEX_SCANS = ("indexscan", "indexonlyscan", "bitmapscan")
_INVALID = """
SELECT CAST(CAST(indexrelid AS regclass) AS text), 'the index is not valid' FROM pg_index
WHERE NOT indisvalid
UNION ALL
SELECT CAST(conname AS text), 'the constraint was never proven' FROM pg_constraint
WHERE NOT convalidated
"""


def damage(connection: Connection) -> Iterator[Problem]:
    """Yield what is wrong with pages, indexes and keys; each row is read for it.

    SQLite checks itself. Of PostgreSQL every row is read whole, past the indexes, so that a page
    whose checksum fails is named where the server keeps checksums, and the keys are compared.
    """
    try:
        if connection.dialect.name == "sqlite":
            yield from _sqlite_damage(connection)
        else:
            yield from _postgresql_damage(connection)
    except OperationalError:
        raise  # it cannot be reached
    except DBAPIError as error:
        yield _damaged("database", error)


def _sqlite_damage(connection: Connection) -> Iterator[Problem]:
    told = connection.execute(text(f"PRAGMA integrity_check({MOST_OF_SQLITE})")).scalars().all()
    for line in told:
        if line != SOUND:
            yield Problem(ProblemCode.DATABASE, "database", str(line).replace("\n", " "))
    if told == [SOUND]:
        for row in connection.execute(text("PRAGMA foreign_key_check")):
            sentence = f"it names a {row[2]} that is not there"
            yield Problem(ProblemCode.KEY, f"{row[0]} row {row[1]}", sentence)


def _postgresql_damage(connection: Connection) -> Iterator[Problem]:
    for scan in _INDEX_SCANS:  # a damaged index would answer for its table
        connection.execute(text(_NOT_BY_INDEX.format(scan)))
    for name, sentence in connection.execute(text(_INVALID)):
        yield Problem(ProblemCode.DATABASE, str(name), str(sentence))
    for table in TABLES:
        unreadable = _unreadable(connection, table)
        yield from unreadable
        if not unreadable:
            yield from _broken_keys(connection, table)


def _unreadable(connection: Connection, table: Table) -> list[Problem]:
    whole = text(f"SELECT sum(octet_length(CAST(t AS text))) FROM {table.name} AS t")  # noqa: S608 - names of the schema
    try:
        with connection.begin_nested():
            connection.execute(whole)
    except DBAPIError as error:
        if isinstance(error, OperationalError) and error.connection_invalidated:
            raise
        return [_damaged(table.name, error)]
    return []


def _broken_keys(connection: Connection, table: Table) -> Iterator[Problem]:
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint):
            count, what = _orphans(connection, table, constraint), "name a row that is not there"
        elif isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            count, what = _twins(connection, table, constraint), "values are there more than once"
        else:
            continue
        if count:
            yield Problem(ProblemCode.KEY, f"{table.name} {constraint.name}", f"{count} {what}")


def _orphans(connection: Connection, table: Table, constraint: ForeignKeyConstraint) -> int:
    pairs = [(element.parent, element.column) for element in constraint.elements]
    there = exists().where(*(parent == child for child, parent in pairs))
    named = and_(*(child.is_not(None) for child, _ in pairs))
    found = select(func.count()).select_from(table).where(named, ~there)
    return int(connection.execute(found).scalar_one())


def _twins(
    connection: Connection, table: Table, constraint: PrimaryKeyConstraint | UniqueConstraint
) -> int:
    columns = list(constraint.columns)
    alike = (
        select(*columns)
        .select_from(table)
        .where(*(column.is_not(None) for column in columns))
        .group_by(*columns)
        .having(func.count() > 1)
    )
    return int(connection.execute(select(func.count()).select_from(alike.subquery())).scalar_one())


def _damaged(subject: str, error: DBAPIError) -> Problem:
    """Tell the server's own words, which name blocks and files; they hold no value of a row."""
    words: Sequence[str] = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return Problem(ProblemCode.DATABASE, subject, words[0])
