"""SQL text of many rows, run past SQLAlchemy's compiler: for the listener, which is in a hurry.

Measured on SQLite: a statement costs 2 to 10 µs here, 15 to 25 µs as a prepared expression, and
100 µs as an expression that is built anew.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_REPEATED = re.compile(r"{(.+?)}", re.DOTALL)

Row = tuple[Any, ...]


class _Cursor(Protocol):
    @property
    def description(self) -> object:
        """Nothing where the statement returns no rows."""

    def fetchall(self) -> list[Row]:
        """Return all rows."""


class _Driver(Protocol):
    """What ``sqlite3`` and ``psycopg`` have in common."""

    def execute(self, sql: str, values: Sequence[object], /) -> _Cursor:
        """Run one statement."""


def run(connection: Connection, sql: str, values: Sequence[object], *, times: int = 1) -> list[Row]:
    """Run one statement in the caller's transaction and return its rows.

    Args:
        connection: where none has begun, a transaction begins.
        sql: with ``?`` for each value; what stands in braces is repeated, with commas between.
            ``FOR UPDATE`` is left out on SQLite, where the transaction has locked everything.
        values: of the driver's own types, in the order of the question marks.
        times: how often to repeat what stands in braces.

    Raises:
        DBAPIError: what the driver raised, in the class that SQLAlchemy gives it.

    >>> spelled("INSERT INTO t VALUES {(?, 1)}", "postgresql", 2)
    'INSERT INTO t VALUES (%s, 1), (%s, 1)'
    """
    if not connection.in_transaction():
        connection.begin()
    return look(connection, sql, values, times=times)


def look(
    connection: Connection, sql: str, values: Sequence[object], *, times: int = 1
) -> list[Row]:
    """Run one statement that only reads, as ``run`` does, but begin no transaction.

    On SQLite it waits for nobody: every transaction there takes the write lock.
    """
    driver = connection.connection.driver_connection
    text = spelled(sql, connection.dialect.name, times)
    try:
        cursor = cast("_Driver", driver).execute(text, values)
        return cursor.fetchall() if cursor.description else []
    except _driver_error(connection) as error:
        raise _translated(connection, error) from error


@lru_cache(maxsize=1024)
def spelled(sql: str, dialect: str, times: int) -> str:
    """Write a statement out for so many rows, with the placeholders of the driver."""
    text = _REPEATED.sub(lambda found: ", ".join([found[1]] * times), sql)
    return text.replace(" FOR UPDATE", "") if dialect == "sqlite" else text.replace("?", "%s")


def _driver_error(connection: Connection) -> type[Exception]:
    driver = connection.dialect.dbapi
    return driver.Error if driver else Exception


def _translated(connection: Connection, error: Exception) -> BaseException:
    """Give an error SQLAlchemy's class; a connection that was lost leaves the pool."""
    dialect, driver = connection.dialect, connection.connection.driver_connection
    lost = dialect.is_disconnect(cast("Any", error), cast("Any", driver), None)
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        None,
        None,
        error,
        _driver_error(connection),
        connection_invalidated=lost,
        dialect=dialect,
    )
