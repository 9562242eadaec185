"""Engines for SQLite and PostgreSQL that behave alike."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError as DatabaseError
from sqlalchemy.exc import OperationalError as DatabaseAway
from sqlalchemy.pool import ConnectionPoolEntry

from triage.domain.errors import ConfigurationError

__all__ = [
    "Connection",
    "DatabaseAway",
    "DatabaseError",
    "Engine",
    "database_time",
    "existing_engine",
    "open_engine",
    "sqlite_file",
]

BUSY_TIMEOUT_MS = 15_000


def open_engine(url: str) -> Engine:
    """Make an engine; nothing is connected yet.

    SQLite runs in WAL mode with ``synchronous=FULL``, so that a commit survives a power cut,
    and every transaction takes the write lock when it begins, so that no transaction fails
    half-way with "database is locked". PostgreSQL runs as it comes.

    Raises:
        ConfigurationError: the URL names neither ``sqlite`` nor ``postgresql``.
    """
    address = _checked(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        return engine
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
    )


def existing_engine(url: str) -> Engine:
    """Make an engine for a database that is there already.

    Raises:
        ConfigurationError: the SQLite file does not exist; it would be made empty.
    """
    file = sqlite_file(url)
    if file is not None and not file.is_file():
        raise ConfigurationError(f"no database {file}: no daemon has run here yet")
    return open_engine(url)


def sqlite_file(url: str) -> Path | None:
    """Return the file that an SQLite URL names, or ``None`` for a server's URL."""
    address = _checked(url)
    return Path(str(address.database)) if address.get_backend_name() == "sqlite" else None


def database_time(connection: Connection) -> datetime:
    """Return the database's own time, aware, in UTC: one clock for all hosts."""
    if connection.dialect.name == "sqlite":
        stamp = connection.scalar(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"))
        return datetime.fromisoformat(str(stamp)).replace(tzinfo=UTC)
    moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment.astimezone(UTC)


def _checked(url: str) -> URL:
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


def _set_pragmas(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver shall not begin transactions by itself
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
