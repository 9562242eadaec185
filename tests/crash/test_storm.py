"""kill -9 of listener processes in the middle of a storm of films.

``CHAOS_SECONDS`` says how long the long version lasts on each database, 15 minutes unless set.
"""

import os
import random
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.waiting import wait_until
from tests.crash.conftest import Tell
from tests.crash.listeners import START_S, Listeners
from tests.crash.site import Site
from tests.crash.storm import storm

SEED = 20260117
PROCESSES = 2
LONG_S = float(os.environ.get("CHAOS_SECONDS", "900"))
LONG_KILLS = int(LONG_S * 200 / 900)
"""So many at least, however long that takes: more processes start in a longer time."""
LONGEST_PAUSE_S = 0.6


def kill_at_random(listeners: Listeners, *, last_s: float = 0, at_least: int = 0) -> int:
    """Kill one listener after the other at random moments, and start each anew at once."""
    chance, pause, kills = random.Random(SEED), threading.Event(), 0
    end = time.monotonic() + last_s
    while time.monotonic() < end or kills < at_least:
        wait_until(lambda: listeners.ready, within_s=START_S)
        pause.wait(chance.uniform(0, LONGEST_PAUSE_S))
        victim = chance.choice(listeners.ready)
        assert victim.exit_code is None, victim.log.read_text()
        victim.kill()
        victim.start()
        kills += 1
    return kills


@pytest.fixture
def site(database: Engine, tmp_path: Path) -> Iterator[Site]:
    """A house whose data folder is removed at the end: it grows to several GB."""
    yield Site(tmp_path / "data", database)
    shutil.rmtree(tmp_path / "data")


@pytest.mark.parametrize(
    ("parts", "last_s", "at_least"),
    [
        pytest.param("product", 0, 6, id="short"),
        pytest.param("", LONG_S, LONG_KILLS, id="long", marks=pytest.mark.chaos),
        pytest.param("product", LONG_S / 3, LONG_KILLS, id="fast", marks=pytest.mark.chaos),
    ],
)
def test_killed_listeners_lose_and_double_nothing(
    site: Site, tell: Tell, *, parts: str, last_s: float, at_least: int
) -> None:
    with (
        site.listeners(parts, many=PROCESSES) as listeners,
        storm(listeners.port, seed=SEED) as sent,
    ):
        kills = kill_at_random(listeners, last_s=last_s, at_least=at_least)
        wait_until(lambda: len(listeners.ready) == PROCESSES)
    site.complete()

    acknowledged = sent.acknowledged
    lost = site.checker.lost(acknowledged)
    tell(
        f"{site.engine.dialect.name}: {kills} kills, {len(acknowledged)} films acknowledged, "
        f"{len(sent.journal.refused)} refused, {len(lost)} lost"
    )
    assert lost == site.checker.altered(acknowledged) == site.checker.repeated() == []
    assert site.checker.partial() == site.checker.strange() == []
    assert len(acknowledged) > kills
    assert kills >= at_least


@pytest.mark.parametrize("backend", ["sqlite"])
def test_listeners_that_answer_before_they_commit_are_noticed(site: Site) -> None:
    with (
        site.listeners("hasty", many=PROCESSES) as listeners,
        storm(listeners.port, seed=SEED) as sent,
    ):
        kill_at_random(listeners, at_least=6)

    assert site.checker.lost(sent.acknowledged) != []
