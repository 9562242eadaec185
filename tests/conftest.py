"""What tests everywhere share: a database on either engine, and a clock."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import structlog
from hypothesis import settings
from pynetdicom import _config
from sqlalchemy import Connection, Engine

from tests.builders.clock import Clock
from tests.builders.days import write_days
from tests.builders.postgresql import TEMPLATE, PostgreSQL
from triage.database.engine import open_engine
from triage.database.migrate import upgrade

settings.register_profile("house", deadline=None)  # other work on a machine is no failure
settings.load_profile("house")

# As the supervisor sets it for its children: threads that spin starve on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

_OF_THE_WHOLE_PROCESS = (
    "UNRESTRICTED_STORAGE_SERVICE",
    "STORE_RECV_CHUNKED_DATASET",
    "STORE_SEND_CHUNKED_DATASET",
)

Backend = Literal["sqlite", "postgresql"]


@pytest.fixture(autouse=True)
def _pynetdicom_as_it_comes() -> Iterator[None]:
    """Let no listener or sender of one test change how pynetdicom behaves in the next."""
    before = {name: getattr(_config, name) for name in _OF_THE_WHOLE_PROCESS}
    yield
    for name, value in before.items():
        setattr(_config, name, value)


@pytest.fixture(autouse=True)
def _logs_as_they_come() -> None:
    """Let no command that a test runs in this process say how the next one logs."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server that runs until the last test has ended."""
    with PostgreSQL.running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "triage.sqlite3"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    write_days(engine)
    engine.dispose()
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each engine in turn."""
    chosen: Backend = request.param
    return chosen


@pytest.fixture
def empty_url(backend: Backend, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database in which nothing was ever made."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path / 'triage.sqlite3'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.copy(template="template1") as url:
        yield url


@pytest.fixture
def database_url(backend: Backend, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated database without rows."""
    if backend == "sqlite":
        copy = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "triage.sqlite3")
        yield f"sqlite:///{copy}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.copy(template=TEMPLATE) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A migrated database without rows, on each engine in turn."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_sqlite(migrated_file: Path) -> Iterator[Engine]:
    """A SQLite database in which nothing is ever committed."""
    engine = open_engine(f"sqlite:///{migrated_file}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def shared_postgresql(postgresql: PostgreSQL) -> Iterator[Engine]:
    """A PostgreSQL database in which nothing is ever committed."""
    with postgresql.copy(template=TEMPLATE) as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(backend: Backend, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """One transaction in which the whole test happens; it is rolled back."""
    engine: Engine = request.getfixturevalue(f"shared_{backend}")
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at noon."""
    return Clock()
