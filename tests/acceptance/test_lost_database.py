"""The database is lost, or comes back from a backup: its films come back from their files."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.builders.daemon import Daemon, running_daemon, studies_of
from tests.builders.free_port import free_port
from tests.builders.sender import send
from tests.builders.waiting import wait_until
from tests.crash.archive import Archive

FILMS = ("dx_mass.dcm", "dx_infiltrate.dcm")
WITHIN_S = 120.0


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """A PACS that can be asked for what it has."""
    folder = tmp_path / "archive"
    folder.mkdir()
    archive = Archive(free_port(), folder, queries=True)
    archive.start()
    yield archive
    archive.kill()


@pytest.fixture
def environment(archive: Archive, flagging_bundle: Path) -> Mapping[str, str]:
    return {
        "TRIAGE_MODEL__BUNDLE": str(flagging_bundle),
        "TRIAGE_SCREENING__PIXELS": "false",
        "TRIAGE_PACS__RETURN": "true",
        "TRIAGE_PACS__PORT": str(archive.port),
        "TRIAGE_COMPLETION__QUIET_S": "0.2",
    }


def done(daemon: Daemon) -> bool:
    """Every study has come, and is done."""
    engine = daemon.engine()
    states = list(studies_of(engine).values())
    engine.dispose()
    return len(states) == len(FILMS) and set(states) == {"DONE"}


@pytest.fixture
def data(tmp_path: Path, environment: Mapping[str, str], samples: Path, archive: Archive) -> Path:
    """A data folder whose films are assessed and returned; then its database is lost."""
    folder = tmp_path / "data"
    with running_daemon(folder, environment) as daemon:
        send([samples / name for name in FILMS], daemon.peer)
        wait_until(lambda: done(daemon), within_s=WITHIN_S)
        wait_until((folder / "newest-film").exists, within_s=WITHIN_S)
        daemon.stop()
    assert len(archive.kept) == len(FILMS)
    for file in folder.glob("triage.sqlite3*"):
        file.unlink()
    return folder


def triage(folder: Path, environment: Mapping[str, str], *words: str) -> int:
    """Run a command, and return its exit code."""
    given = {"TRIAGE_DATA__FOLDER": str(folder), "PATH": "/usr/bin", **environment}
    command = [sys.executable, "-m", "triage", *words]
    return subprocess.run(command, env=given, check=False, capture_output=True).returncode


def assessments(daemon: Daemon) -> set[str]:
    """Return who said what was said of the films."""
    engine = daemon.engine()
    with engine.begin() as connection:
        films = text("SELECT actor FROM event WHERE kind = 'film' AND to_state = 'ASSESSED'")
        found = set(connection.scalars(films))
    engine.dispose()
    return found


def test_after_a_reindex_nothing_is_assessed_or_sent_twice(
    data: Path, environment: Mapping[str, str], archive: Archive
) -> None:
    assert triage(data, environment, "database", "upgrade") == 0
    assert triage(data, environment, "database", "reindex") == 0

    with running_daemon(data, environment) as daemon:
        wait_until(lambda: done(daemon), within_s=WITHIN_S)
        told_by = assessments(daemon)

    assert told_by == {"reindex"}
    assert archive.sent_again == []
    assert triage(data, environment, "database", "check") == 0


def test_a_reindex_that_knows_no_captures_is_noticed(
    data: Path, environment: Mapping[str, str], archive: Archive
) -> None:
    shutil.rmtree(data / "results")
    triage(data, environment, "database", "upgrade")
    triage(data, environment, "database", "reindex")

    with running_daemon(data, environment) as daemon:
        wait_until(lambda: done(daemon), within_s=WITHIN_S)
        told_by = assessments(daemon)

    assert told_by != {"reindex"}
    assert len(archive.sent_again) == len(FILMS)


def test_before_a_reindex_films_are_received_and_nothing_else_is_done(
    data: Path, environment: Mapping[str, str], samples: Path
) -> None:
    with running_daemon(data, environment) as daemon:
        answers = send([samples / "cr_hand.dcm"], daemon.peer)
        children = len(daemon.children)

    assert daemon.said[0].startswith("receive only: TRIAGE@127.0.0.1:")
    assert "run triage database reindex" in daemon.said[0]
    assert answers == [0]
    assert children == daemon.settings.listener.processes


def test_a_database_that_never_had_films_starts_as_ever(
    data: Path, environment: Mapping[str, str]
) -> None:
    (data / "newest-film").unlink()

    with running_daemon(data, environment) as daemon:
        assert daemon.peer

    assert daemon.said[0].startswith("ready: ")


@pytest.mark.parametrize("page", [0, 1])
def test_a_damaged_database_ends_the_daemon_with_78(
    tmp_path: Path, environment: Mapping[str, str], page: int
) -> None:
    folder = tmp_path / "data"
    assert triage(folder, environment, "database", "upgrade") == 0
    with (folder / "triage.sqlite3").open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 4096 * (200 if page else 1))

    with running_daemon(folder, environment) as daemon:
        code = daemon.process.wait(timeout=60)

    assert code == 78
    assert any("it is damaged: triage database check tells where" in line for line in daemon.logged)
    assert triage(folder, environment, "database", "check") == 65
