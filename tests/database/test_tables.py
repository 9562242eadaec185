"""The tables that the program knows are those of the database."""

import subprocess
import sys

from sqlalchemy import Connection, inspect


def test_every_table_is_known(connection: Connection) -> None:
    """Asked of a process that imports nothing else: a test has imported everything."""
    asked = "from triage.database.tables import TABLES; print(*(t.name for t in TABLES))"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    there = set(inspect(connection).get_table_names())
    assert set(told.stdout.split()) == there - {"alembic_version"}
