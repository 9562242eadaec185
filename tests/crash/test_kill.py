"""kill -9 of any one process at any time: nothing acknowledged is lost, nothing doubled."""

import gc
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.builders.daemon import Daemon, running_daemon
from tests.builders.free_port import free_port
from tests.builders.pacs import Pacs
from tests.builders.waiting import wait_until
from tests.crash.checker import Checker, different_bytes
from tests.crash.modality import storing_all_the_time
from triage.database.engine import open_engine
from triage.domain.study import Peer

SETTLES_S = 240.0
SEED = 20260115

Start = Callable[[], Daemon]


def kill_at_random(start: Start, *, kills: int, seed: int) -> Daemon:
    """Kill a child or the supervisor, again and again; start anew what nobody restarts."""
    chance, pause = random.Random(seed), threading.Event()
    daemon = start()
    for _ in range(kills):
        pause.wait(chance.uniform(0.2, 2.5))
        victim = chance.choice([daemon.process.pid, *daemon.children])
        os.kill(victim, signal.SIGKILL)
        if victim == daemon.process.pid:
            daemon.process.wait()
            daemon = start()
    return daemon


@pytest.fixture
def environment(pacs: Pacs, flagging_bundle: Path, empty_url: str) -> Mapping[str, str]:
    """Patient settings: here workers die more often than in a whole year."""
    return {
        "TRIAGE_DATABASE__URL": empty_url,
        "TRIAGE_LISTENER__PORT": str(free_port()),
        "TRIAGE_MODEL__BUNDLE": str(flagging_bundle),
        "TRIAGE_PACS__RETURN": "true",
        "TRIAGE_PACS__PORT": str(pacs.peer.port),
        "TRIAGE_PACS__TIMEOUT_S": "5",
        "TRIAGE_COMPLETION__QUIET_S": "0.2",
        "TRIAGE_WORKER__LEASE_S": "6",
        "TRIAGE_WORKER__MOST_DEATHS": "1000",
    }


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)
@pytest.mark.parametrize(
    "kills",
    [pytest.param(8, id="short"), pytest.param(300, id="long", marks=pytest.mark.chaos)],
)
def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    kills: int, environment: Mapping[str, str], pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    films = [samples / "dx_mass.dcm", samples / "cr_hand.dcm"]
    peer = Peer("TRIAGE", "127.0.0.1", int(environment["TRIAGE_LISTENER__PORT"]))
    engine = open_engine(environment["TRIAGE_DATABASE__URL"])
    checker = Checker(engine, tmp_path / "data")
    (tmp_path / "sent").mkdir()

    with ExitStack() as daemons:

        def start() -> Daemon:
            daemon = daemons.enter_context(running_daemon(tmp_path / "data", environment))
            assert daemon.peer
            return daemon

        with storing_all_the_time(films, peer, folder=tmp_path / "sent") as journal:
            kill_at_random(start, kills=kills, seed=SEED)
        wait_until(lambda: not checker.unfinished(), within_s=SETTLES_S)

    assert len(journal.acknowledged) >= kills // 4
    assert checker.lost(journal.acknowledged) == []
    assert checker.partial() == []
    assert checker.doubled() == []
    assert checker.undelivered(pacs) == set()
    assert different_bytes(pacs) == []
    engine.dispose()
    sys.stderr.write(f"{kills} kills: {len(journal.acknowledged)} films acknowledged, none lost\n")
    gc.collect()  # the sockets of killed peers, which pynetdicom leaves open in this process
