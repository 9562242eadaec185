"""The database is lost, or damaged: films come back from their files, and nothing is done twice."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import Compose
from tests.builders.courier import destination, hired
from tests.builders.daemon import running_daemon
from tests.builders.damage import overwrite_root, said_by_sqlite
from tests.builders.house import House
from tests.builders.pacs import Pacs, running_pacs
from tests.builders.sender import send
from triage.daemon.bookmark import NAME
from triage.daemon.reindex import Reindex
from triage.daemon.retrial import Retrial
from triage.daemon.shift import Shift
from triage.daemon.worker import assess_until
from triage.database import migrate
from triage.domain.errors import DamagedDatabase
from triage.domain.study import Lease
from triage.settings import Settings

FILMS = ("dx_mass.dcm", "dx_infiltrate.dcm")


@pytest.fixture
def pacs() -> Iterator[Pacs]:
    """A PACS that can be asked for what it has."""
    with running_pacs(queries=True) as running:
        yield running


@pytest.fixture
def bereft(house: House, samples: Path, pacs: Pacs) -> House:
    """A house whose films are assessed and returned; then its database is lost."""
    send([samples / name for name in FILMS], house.peer)
    house.settle()
    assert len(pacs.received) == len(FILMS)
    migrate.downgrade(house.engine, revision="base")
    migrate.upgrade(house.engine)
    return house


def assessed_by(house: House) -> set[str]:
    """Return who said what was said of the films."""
    return {str(row.actor) for row in house.rows("event") if row.to_state == "ASSESSED"}


def recover(house: House, folder: Path, settings: Settings) -> None:
    """Make the rows anew, and let the house go on."""
    Reindex(house.engine, folder=folder, pacs=settings.pacs).run()
    house.settle()


def prove(house: House, folder: Path, pacs: Pacs) -> None:
    """Look for proofs until nothing waits."""
    courier = hired(house.engine, folder / "results", destination(house.engine, pacs.peer))
    while courier.work():
        pass


def test_after_a_reindex_nothing_is_assessed_or_sent_twice(
    bereft: House, tmp_path: Path, settings: Settings, pacs: Pacs
) -> None:
    recover(bereft, tmp_path, settings)
    prove(bereft, tmp_path, pacs)

    films = {row.state for row in bereft.rows("instance")}
    assert (films, {row.state for row in bereft.rows("delivery")}) == ({"ASSESSED"}, {"PROVEN"})
    assert {row.state for row in bereft.rows("study")} == {"DONE"}
    assert {row.actor for row in bereft.rows("event") if row.kind == "film"} == {"reindex"}
    assert set(pacs.times_received.values()) == {1}


def test_a_reindex_that_knows_no_captures_is_noticed(
    bereft: House, tmp_path: Path, settings: Settings, pacs: Pacs
) -> None:
    shutil.rmtree(tmp_path / "results")
    bereft.keep_results_in(tmp_path / "other")

    recover(bereft, tmp_path, settings)

    assert "worker" in {row.actor for row in bereft.rows("event") if row.kind == "film"}
    assert set(pacs.times_received.values()) == {2}


def test_films_that_were_not_returned_are_assessed_again(
    compose: Compose, settings: Settings, samples: Path, tmp_path: Path
) -> None:
    shadow = settings.model_copy(
        update={"pacs": settings.pacs.model_copy(update={"returns": False})}
    )
    with compose(chosen=shadow) as house:
        send([samples / FILMS[0]], house.peer)
        house.settle()
        migrate.downgrade(house.engine, revision="base")
        migrate.upgrade(house.engine)

        recover(house, tmp_path, shadow)

        assert [row.state for row in house.rows("study")] == ["DONE"]
        assert assessed_by(house) == {"worker"}


def triage(folder: Path, *words: str) -> int:
    """Run a command, and return its exit code."""
    environment = {**os.environ, "TRIAGE_DATA__FOLDER": str(folder)}
    command = [sys.executable, "-m", "triage", *words]
    return subprocess.run(command, env=environment, check=False, capture_output=True).returncode


def test_before_a_reindex_films_are_received_and_nothing_else_is_done(
    tmp_path: Path, samples: Path
) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / NAME).write_text("ab" * 32)

    with running_daemon(tmp_path / "data", {}) as daemon:
        answers = send([samples / "cr_hand.dcm"], daemon.peer)
        children = len(daemon.children)

    assert daemon.said[0].startswith("receive only: TRIAGE@127.0.0.1:")
    assert "run triage database reindex" in daemon.said[0]
    assert answers == [0]
    assert children == daemon.settings.listener.processes


@pytest.mark.parametrize("page", [0, 1])
def test_a_damaged_database_ends_the_daemon_with_78(tmp_path: Path, page: int) -> None:
    folder = tmp_path / "data"
    assert triage(folder, "database", "upgrade") == 0
    with (folder / "triage.sqlite3").open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 4096 * (200 if page else 1))

    with running_daemon(folder, {}) as daemon:
        code = daemon.process.wait(timeout=60)

    assert code == 78
    assert any("it is damaged: triage database check tells where" in line for line in daemon.logged)
    assert triage(folder, "database", "check") == 65


@pytest.mark.parametrize("root", ["instance", "ix_delivery_queue", "ix_study_queue"])
def test_damage_that_is_met_later_ends_the_daemon_with_78(tmp_path: Path, root: str) -> None:
    folder = tmp_path / "data"
    assert triage(folder, "database", "upgrade") == 0
    overwrite_root(folder / "triage.sqlite3", root)

    with running_daemon(folder, {}) as daemon:
        code = daemon.process.wait(timeout=60)

    assert code == 78
    assert any("it is damaged: triage database check tells where" in line for line in daemon.logged)


def test_a_worker_that_meets_damage_takes_no_other_study() -> None:
    def claim(_beside: int) -> Lease | None:
        raise said_by_sqlite("SQLITE_CORRUPT")

    with Shift(claim, print, hands=1) as shift, pytest.raises(DamagedDatabase):
        assess_until(threading.Event(), shift, retrial=Retrial(lambda: False))
