"""kill -9 of the courier and of the PACS at any time: every result is there once."""

import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.courier import object_of, post
from tests.builders.free_port import free_port
from tests.builders.studies import delivery_states
from tests.builders.waiting import wait_until
from tests.crash.archive import Archive
from tests.crash.couriers import CourierProcess
from triage.domain.study import DeliveryState, Peer
from triage.settings import Settings, load_settings
from triage.spool import Spool

SEED = 20261126
SETTLES_S = 300.0
LAST_KILL = 0.9
"""The last kill comes when so much of the results is at the PACS."""

LONGEST_DELAY_S = 0.1
OPEN = {DeliveryState.WAITING, DeliveryState.SENT}


@pytest.fixture(params=[True, False], ids=["queries", "no queries"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    """A PACS that runs, and is asked for what it has, or cannot be."""
    folder = tmp_path / "archive"
    folder.mkdir()
    archive = Archive(free_port(), folder, queries=request.param)
    archive.start()
    yield archive
    archive.kill()


@pytest.fixture
def settings(archive: Archive, database_url: str, tmp_path: Path) -> Settings:
    """Short deadlines: here everything dies more often than in a whole year."""
    environment = {
        "TRIAGE_DATA__FOLDER": str(tmp_path / "data"),
        "TRIAGE_DATABASE__URL": database_url,
        "TRIAGE_PACS__PORT": str(archive.port),
        "TRIAGE_PACS__TIMEOUT_S": "3",
    }
    return load_settings(None, environment=environment)


def kill_at_random(courier: CourierProcess, archive: Archive, *, kills: int, results: int) -> None:
    """Kill one of the two, start it again, and so on, each time while results are under way."""
    chance, pause = random.Random(SEED), threading.Event()
    for number in range(kills):
        enough = number * results * LAST_KILL // kills
        wait_until(partial(_has, archive, enough), within_s=SETTLES_S)
        pause.wait(chance.uniform(0, LONGEST_DELAY_S))
        if chance.random() < 0.5:
            archive.kill()
            archive.start()
        else:
            courier.kill()


def _has(archive: Archive, enough: float) -> bool:
    return len(archive.kept) >= enough


@pytest.mark.parametrize(
    "extent",
    [
        pytest.param((60, 6), id="short"),
        pytest.param((1000, 100), id="long", marks=pytest.mark.chaos),
    ],
)
def test_every_result_is_there_once(
    extent: tuple[int, int],
    database: Engine,
    archive: Archive,
    settings: Settings,
    tmp_path: Path,
) -> None:
    results, kills = extent
    uids = [f"2.25.{number}" for number in range(1, results + 1)]
    folder = Spool(tmp_path / "data" / "results")
    post(database, folder, *uids, peer=Peer("PACS", "127.0.0.1", archive.port))
    courier = CourierProcess(settings)

    def states() -> list[str]:
        with database.begin() as connection:
            return delivery_states(connection)

    begin = time.monotonic()
    try:
        kill_at_random(courier, archive, kills=kills, results=results)
        left = results - len(archive.kept)
        wait_until(lambda: not OPEN & set(states()), within_s=SETTLES_S)
    finally:
        courier.end(signal.SIGTERM)

    end = DeliveryState.PROVEN if archive.queries else DeliveryState.SENT_UNPROVEN
    assert archive.kept == set(uids)
    assert states() == [end] * results
    assert all(
        object_of(uid).endswith((archive.folder / uid).read_bytes()) for uid in sorted(archive.kept)
    )
    if archive.queries:
        assert archive.sent_again == []
    assert left > 0
    sys.stderr.write(
        f"{kills} kills while results were under way, the last with {left} left; {results} results,"
        f" {len(archive.kept)} at the PACS, {len(archive.sent_again)} sent again after they were"
        f" stored; {time.monotonic() - begin:.0f} s\n"
    )


def test_a_result_that_is_sent_again_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("2.25.1 first\n2.25.1 again\n", encoding="ascii")

    assert Archive(0, tmp_path, queries=True).sent_again == ["2.25.1"]
