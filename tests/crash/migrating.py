"""A program that migrates a database and kills itself in the middle.

Its arguments are the URL, words of the statement at which it dies, and ``piecemeal`` where each
statement is to be committed by itself.
"""

import sys

from sqlalchemy import Connection, Engine, create_engine, event

from tests.crash.points import die
from triage.database.engine import open_engine
from triage.database.migrate import upgrade

COMMIT = "COMMIT"
"""Stands for the moment when every statement has run and nothing is committed."""


def piecemeal_engine(url: str) -> Engine:
    """Open an engine without transactions."""
    address = url.replace("postgresql://", "postgresql+psycopg://")
    return create_engine(address, isolation_level="AUTOCOMMIT")


def mortal(engine: Engine, words: str) -> Engine:
    """Let the process die at a statement."""

    @event.listens_for(engine, "before_cursor_execute")
    def _die(_c: Connection, _cursor: object, statement: str, *_: object) -> None:
        if words in statement:
            die()

    @event.listens_for(engine, "commit")
    def _die_at_commit(_c: Connection) -> None:
        if words == COMMIT:
            die()

    return engine


if __name__ == "__main__":
    url, words, *how = sys.argv[1:]
    upgrade(mortal(piecemeal_engine(url) if how else open_engine(url), words))
