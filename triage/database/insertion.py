"""An INSERT that leaves alone what is there already."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite


def insert_new(connection: Connection, table: Table, values: Mapping[str, object]) -> int | None:
    """Insert one row and return its key, or ``None`` where a unique constraint has it already.

    On PostgreSQL a row that another transaction is about to insert is waited for.
    """
    upsert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    statement = upsert(table).values(**values).on_conflict_do_nothing()
    found = connection.scalar(statement.returning(table.c.id))
    return None if found is None else int(found)
