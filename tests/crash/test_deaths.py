"""kill -9 of a worker or a courier at each step: one result for each film, and the same one.

The worker is the product's own, with one part that kills its process at a named moment; the
successor is the next process of that name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.acceptance.conftest import UNSCREENED
from tests.builders.house import House
from tests.builders.pacs import Pacs
from tests.builders.sender import send
from tests.builders.waiting import wait_until
from tests.crash.checker import Checker, different_bytes
from tests.crash.workers import IN_A_LEASE, OF_THE_COURIER, Moment, Nursery
from triage.database.engine import database_time
from triage.database.queue import release_abandoned
from triage.settings import Settings, load_settings

MOST_DEATHS = 3
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])
FILMS = ("dx_mass", "dx_infiltrate")


@pytest.fixture
def mortal(tmp_path: Path, database_url: str, flagging_bundle: Path, pacs: Pacs) -> Settings:
    """What a process needs to work in the house."""
    environment: Mapping[str, str] = {
        "TRIAGE_DATA__FOLDER": str(tmp_path),
        "TRIAGE_DATABASE__URL": database_url,
        "TRIAGE_MODEL__BUNDLE": str(flagging_bundle),
        "TRIAGE_PACS__RETURN": "true",
        "TRIAGE_PACS__PORT": str(pacs.peer.port),
    }
    return load_settings(None, environment={**environment, **UNSCREENED})


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    running = Nursery()
    yield running
    running.close()


@dataclass
class Deathbed:
    """A house in which the first process that works on two films dies."""

    house: House
    films: list[Path]
    settings: Settings
    nursery: Nursery

    def die_at(self, moment: Moment) -> int:
        """Send the films, and let a process work on them until it dies."""
        send(self.films, self.house.peer)
        wait_until(lambda: all(row.closed_at for row in self.house.rows("association")))
        self.house.clockwork.complete()
        if moment in OF_THE_COURIER:
            self.house.worker.assess_one()
        return self.nursery.run_until(moment, self.settings)

    def succeed(self) -> None:
        """Let the next processes of those names take over, and go on until nothing waits."""
        self.house.worker.take_over(most_deaths=MOST_DEATHS)
        self.house.courier.take_over()
        self.go_on()

    def go_on(self) -> None:
        """Go on until nothing waits."""
        self.house.make_due("study")
        self.house.settle()


@pytest.fixture
def deathbed(house: House, samples: Path, mortal: Settings, nursery: Nursery) -> Deathbed:
    return Deathbed(house, [samples / f"{name}.dcm" for name in FILMS], mortal, nursery)


@pytest.fixture
def checker(database: Engine, tmp_path: Path) -> Checker:
    return Checker(database, tmp_path)


def deaths_in(house: House) -> int:
    return sum(row.deaths for row in house.rows("study"))


def wrong_in(checker: Checker, pacs: Pacs) -> list[str]:
    """Name everything that is not there exactly once, whole, and at the PACS."""
    query = "SELECT instance_id, COUNT(*) FROM assessment GROUP BY instance_id"
    with checker.engine.begin() as connection:
        counts = [int(row[1]) for row in connection.execute(text(query))]
    assessed = [] if counts == [1] * len(FILMS) else [f"assessments {counts}"]
    unfinished = [uid for uid, _ in checker.unfinished()]
    delivered = [*checker.doubled(), *checker.undelivered(pacs), *different_bytes(pacs)]
    return [*assessed, *unfinished, *checker.partial(), *delivered]


@pytest.mark.parametrize("moment", Moment)
def test_one_result_for_each_film_comes_to_the_pacs(
    moment: Moment, deathbed: Deathbed, checker: Checker, pacs: Pacs
) -> None:
    assert deathbed.die_at(moment) == -9

    deathbed.succeed()

    assert wrong_in(checker, pacs) == []
    assert deaths_in(deathbed.house) == (moment in IN_A_LEASE)
    assert len(pacs.received) == len(FILMS) + (moment is Moment.AFTER_ANSWER)


@ON_SQLITE
def test_a_worker_that_never_comes_back_is_succeeded_when_its_lease_has_expired(
    deathbed: Deathbed, checker: Checker, pacs: Pacs
) -> None:
    deathbed.die_at(Moment.INFERENCE)
    with checker.engine.begin() as connection:
        connection.execute(
            text("UPDATE study SET lease_expires_at = first_received_at WHERE worker = 'worker'")
        )
        now = database_time(connection)
        release_abandoned(connection, worker=None, now=now, most_deaths=MOST_DEATHS)

    deathbed.go_on()

    assert wrong_in(checker, pacs) == []


@ON_SQLITE
def test_a_study_on_which_worker_after_worker_dies_is_set_aside(deathbed: Deathbed) -> None:
    deathbed.die_at(Moment.INFERENCE)
    for _ in range(MOST_DEATHS - 1):
        deathbed.house.worker.take_over(most_deaths=MOST_DEATHS)
        # The study that nobody died on waits its turn behind it.
        deathbed.house.make_due("study")
        deathbed.nursery.run_until(Moment.INFERENCE, deathbed.settings)

    deathbed.succeed()

    assert sorted(row.state for row in deathbed.house.rows("study")) == ["DEAD", "DONE"]


@ON_SQLITE
@pytest.mark.parametrize("moment", [Moment.INFERENCE, *OF_THE_COURIER])
def test_a_successor_that_does_not_take_over_is_noticed(
    moment: Moment, deathbed: Deathbed, checker: Checker, pacs: Pacs
) -> None:
    deathbed.die_at(moment)

    deathbed.go_on()

    assert wrong_in(checker, pacs) != []
