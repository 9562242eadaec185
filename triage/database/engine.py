"""Engines for SQLite and PostgreSQL that behave alike."""

import math
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError as DatabaseError
from sqlalchemy.exc import OperationalError as DatabaseAway
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.pool import ConnectionPoolEntry

from triage.database.statement import look, run
from triage.domain.errors import ConfigurationError, DamagedDatabase

__all__ = [
    "Connection",
    "DatabaseAway",
    "DatabaseError",
    "Engine",
    "NoConnectionFree",
    "database_time",
    "existing_engine",
    "is_away",
    "is_damaged",
    "open_engine",
    "reading_engine",
    "refuse_damaged",
    "sqlite_file",
    "supply_logarithm",
]

CONTENDED = {"40001", "40P01", "55P03"}  # serialization, deadlock, lock not available
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "XX001", "XX002")
SOON_LOST = {  # a server that vanishes without a word is noticed within eleven seconds
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
KEPT_CONNECTIONS = 5
# All other levels, remote_apply too, wait for our own disk: a site's choice among them stays.
NO_COMMIT_IN_MEMORY = (
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off'"
)
# PostgreSQL would compile a report for longer than it runs; and by its default a look by an index
# is so dear that it reads every finding there ever was for those of a day. A site's choice stays.
FOR_REPORTS = (
    "SET jit = off",
    (
        "SELECT set_config('random_page_cost', '1.1', false)"
        " WHERE current_setting('random_page_cost') = '4'"
    ),
)
_SQLITE_TIME = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an engine waits for what, and how many connections it may have.

    ``turn_s`` is the wait for SQLite's only write lock, ``row_s`` the wait for one that
    somebody holds on rows of PostgreSQL; ``None`` is as long as it takes.
    """

    turn_s: float = 15.0
    row_s: float | None = None
    statement_s: float | None = None
    connections: int = 15
    connection_s: float = 30.0


UNHURRIED = Patience()
LISTENER = Patience(turn_s=10.0, row_s=3.0, statement_s=5.0, connections=4, connection_s=5.0)
"""A film is answered within the DIMSE time-out of its sender, which is often 30 s."""


def open_engine(url: str, patience: Patience = UNHURRIED) -> Engine:
    """Make an engine; nothing is connected yet.

    SQLite runs in WAL mode with ``synchronous=FULL``, so that a commit survives a power cut,
    and every transaction takes the write lock when it begins, so that no transaction fails
    half-way with "database is locked". PostgreSQL runs as it comes, but for the time limits, and
    ``synchronous_commit``, which may be anything but ``off``.

    Raises:
        ConfigurationError: the URL names neither ``sqlite`` nor ``postgresql``.
    """
    address = _checked(url)
    on_sqlite = address.get_backend_name() == "sqlite"
    engine = create_engine(
        address if on_sqlite else address.set(drivername="postgresql+psycopg"),
        pool_size=min(patience.connections, KEPT_CONNECTIONS),
        max_overflow=max(patience.connections - KEPT_CONNECTIONS, 0),
        pool_timeout=patience.connection_s,
        pool_pre_ping=not on_sqlite,
        connect_args={} if on_sqlite else SOON_LOST,
    )
    event.listen(engine, "connect", partial(_prepare, patience))
    if on_sqlite:
        event.listen(engine, "begin", _begin)
    return engine


def existing_engine(url: str) -> Engine:
    """Make an engine for a database that is there already.

    Raises:
        ConfigurationError: the SQLite file does not exist; it would be made empty.
    """
    _existing_file(url)
    return open_engine(url)


def reading_engine(url: str) -> Engine:
    """Make an engine that writes nothing, not even a journal mode, and lets nobody wait.

    Each transaction sees one state of the database, that of its first statement.

    Raises:
        ConfigurationError: the SQLite file does not exist, or the URL is refused.
    """
    address, file = _checked(url), _existing_file(url)
    if file is None:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            isolation_level="REPEATABLE READ",
            connect_args={**SOON_LOST, "options": "-c default_transaction_read_only=on"},
        )
    else:
        engine = create_engine(address, creator=partial(_connect_to_read, file))
        event.listen(engine, "begin", lambda connection: look(connection, "BEGIN", ()))
    return engine


def sqlite_file(url: str | URL) -> Path | None:
    """Return the file that an SQLite URL names, or ``None`` for a server's URL."""
    address = _checked(url)
    return Path(str(address.database)) if address.get_backend_name() == "sqlite" else None


def database_time(connection: Connection) -> datetime:
    """Return the database's own time, aware, in UTC: one clock for all hosts."""
    if connection.dialect.name == "sqlite":
        stamp = run(connection, _SQLITE_TIME, ())[0][0]
        return datetime.fromisoformat(stamp).replace(tzinfo=UTC)
    moment: datetime = run(connection, "SELECT clock_timestamp()", ())[0][0]
    return moment.astimezone(UTC)


def is_away(error: DatabaseError) -> bool:
    """Tell whether the database itself failed, so that nothing can be written now.

    Otherwise it was something about the rows, or somebody else held one of them.
    """
    contended = getattr(error.orig, "sqlstate", None) in CONTENDED
    return isinstance(error, DatabaseAway) and not contended


def supply_logarithm(connection: sqlite3.Connection) -> None:
    """Give SQLite the logarithm of a view where it was built without mathematical functions."""
    try:
        connection.execute("SELECT ln(1.0)")
    except sqlite3.OperationalError:
        connection.create_function("ln", 1, math.log, deterministic=True)


def _existing_file(url: str) -> Path | None:
    file = sqlite_file(url)
    if file is not None and not file.is_file():
        raise ConfigurationError(f"no database {file}: no daemon has run here yet")
    return file


def _connect_to_read(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=UNHURRIED.turn_s,
    )


def is_damaged(error: DatabaseError) -> bool:
    """Tell whether the database says of itself that its files are damaged."""
    name = getattr(error.orig, "sqlite_errorname", "") or getattr(error.orig, "sqlstate", "")
    return str(name).startswith(DAMAGED)


def refuse_damaged(error: BaseException) -> None:
    """Raise what stops the daemon where an error tells of damage; nothing else mends it.

    Raises:
        DamagedDatabase: without the error itself, whose text may hold values of rows.
    """
    if isinstance(error, DatabaseError) and is_damaged(error):
        raise DamagedDatabase from None


def _checked(url: str | URL) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "database.url is not a URL such as postgresql://host/db"
        ) from error
    if address.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigurationError(
            f"database.url names {address.get_backend_name()}: sqlite or postgresql"
        )
    return address


def _prepare(
    patience: Patience,
    connection: DBAPIConnection,
    _entry: ConnectionPoolEntry,
) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # the driver shall not begin transactions by itself
        limits = [f"PRAGMA {pragma}" for pragma in PRAGMAS]
        limits.append(f"PRAGMA busy_timeout={patience.turn_s * 1000:.0f}")
        supply_logarithm(connection)
    else:
        asked = {"lock_timeout": patience.row_s, "statement_timeout": patience.statement_s}
        limits = [f"SET {name} = '{limit_s}s'" for name, limit_s in asked.items() if limit_s]
        limits += [NO_COMMIT_IN_MEMORY, *FOR_REPORTS]
    cursor = connection.cursor()
    for limit in limits:
        cursor.execute(limit)
    cursor.close()
    connection.commit()


def _begin(connection: Connection) -> None:
    look(connection, "BEGIN IMMEDIATE", ())
