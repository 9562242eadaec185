"""Bring a database to this program's schema, or refuse it."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, OperationalError

from triage.database.engine import refuse_damaged
from triage.database.statement import look
from triage.domain.errors import ConfigurationError, UnavailableError

UPGRADE_LOCK = 7_110_442  # PostgreSQL's advisory lock: two hosts never upgrade at once

_IS_THERE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL",
}


def upgrade(
    engine: Engine,
    *,
    revision: str = "head",
    then: Callable[[Connection], None] = lambda _: None,
) -> str:
    """Run every missing migration in one transaction and return the revision reached.

    Args:
        engine: of the database.
        revision: where to.
        then: what the new schema needs besides, done in the same transaction.

    Raises:
        ConfigurationError: the database is newer than this program, or damaged.
        UnavailableError: it cannot be reached.
    """
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
            refuse_newer(connection)
            command.upgrade(_config(connection), revision)
            then(connection)
            return current_revision(connection) or "empty"
    except OperationalError as error:
        raise UnavailableError(f"database: {type(error.orig).__name__} at opening") from error
    except DatabaseError as error:
        refuse_damaged(error)
        raise


def downgrade(engine: Engine, *, revision: str) -> None:
    """Go back to an older revision; ``base`` removes everything."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def current_revision(connection: Connection) -> str | None:
    """Return the database's revision, or ``None`` where nothing was ever made.

    It begins no transaction, so that on SQLite nobody waits for it.
    """
    if not look(connection, _IS_THERE[connection.dialect.name], ()):
        return None
    rows = look(connection, "SELECT version_num FROM alembic_version", ())
    return str(rows[0][0]) if rows else None


def require_newest(connection: Connection) -> None:
    """Refuse a database that has another schema than this program.

    Raises:
        ConfigurationError: it is newer, older, or empty.
    """
    refuse_newer(connection)
    if (current := current_revision(connection)) != newest_revision():
        raise ConfigurationError(
            f"database: its schema is {current or 'empty'}: run triage database upgrade"
        )


def newest_revision() -> str:
    """Return the revision that this program's migrations lead to."""
    return str(ScriptDirectory(str(folder())).get_current_head())


def refuse_newer(connection: Connection) -> None:
    """Refuse a database that a newer program has upgraded.

    Raises:
        ConfigurationError: its revision is none of this program's.
    """
    current = current_revision(connection)
    known = {script.revision for script in ScriptDirectory(str(folder())).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigurationError(
            f"database: its schema {current} is newer than this program: install the newer one"
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def folder() -> Path:
    """Return where the migrations lie: in the wheel's package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"
