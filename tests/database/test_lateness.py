"""Results that do not arrive are told of once, on both engines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from tests.builders.clock import Clock
from tests.builders.studies import PACS, TTL, parcel, posted
from triage.daemon.lateness import LOOK_EVERY_S, Lateness, abandoned, late
from triage.database import outbox
from triage.database.undelivered import undelivered
from triage.settings import Pacs
from triage.settings.sections import FurtherDestination

OLD = "OLD@10.0.0.9:104"
OTHER = FurtherDestination(ae_title="OTHER", host="10.0.0.3", port=104)
ALONE, SEVERAL = Pacs(), Pacs(further=(OTHER,))


@dataclass
class Watch:
    """Looks at any time, and keeps what was told."""

    engine: Engine
    clock: Clock
    pacs: Pacs
    lines: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lateness = Lateness(
            self.engine,
            self.pacs,
            clock=lambda _: self.clock.now,
            ticks=self.ticks,
        )

    def ticks(self) -> float:
        return self.clock.now.timestamp()

    def look(self, after_s: float) -> list[Any]:
        """Let time pass and look; return level and destination of each line."""
        self.clock.wait(after_s)
        with capture_logs() as lines:
            self.lateness.look()
        self.lines += lines
        return [(line["log_level"], line["destination"]) for line in lines]


Watching = Callable[[Pacs], Watch]


@pytest.fixture
def watching(database: Engine, clock: Clock) -> Watching:
    """Post a result for the PACS and one for a destination of old."""
    with database.begin() as connection:
        posted(connection, parcel(), parcel(destination=OLD), now=clock.now)
    return lambda pacs: Watch(database, clock, pacs)


def deliver(watch: Watch) -> None:
    with watch.engine.begin() as connection:
        for _ in range(2):
            delivery = outbox.claim_delivery(
                connection, courier="courier-1", now=watch.clock.now, ttl=TTL
            )
            assert delivery is not None
            outbox.mark_sent(
                connection, delivery, now=watch.clock.now, courier="courier-1", answer="0x0000"
            )


def test_a_result_that_waits_too_long_is_told_of_once(watching: Watching) -> None:
    watch = watching(ALONE)

    told = [watch.look(after_s) for after_s in (3599, LOOK_EVERY_S, LOOK_EVERY_S)]

    assert told == [[], [("error", OLD), ("error", PACS)], []]
    assert [line["results"] for line in watch.lines] == [1, 1]


def test_what_has_arrived_is_told_of_too_and_may_be_late_again(watching: Watching) -> None:
    watch = watching(ALONE)
    watch.look(3600)
    deliver(watch)

    told = watch.look(LOOK_EVERY_S)

    assert sorted(told) == [("info", OLD), ("info", PACS)]
    assert watch.look(LOOK_EVERY_S) == []


def test_it_looks_once_a_minute(watching: Watching) -> None:
    watch = watching(ALONE)
    watch.look(3570)

    assert watch.look(59) == []
    assert len(watch.look(1)) == 2


def test_a_destination_that_the_settings_do_not_name_is_told_of_at_once(
    watching: Watching,
) -> None:
    watch = watching(SEVERAL)

    assert [watch.look(0), watch.look(LOOK_EVERY_S)] == [[("error", OLD)], []]


def test_an_only_destination_gets_the_results_of_all(watching: Watching) -> None:
    watch = watching(ALONE)

    with watch.engine.begin() as connection:
        found = undelivered(connection)

    assert (abandoned(found, ALONE), [each.destination for each in abandoned(found, SEVERAL)]) == (
        [],
        [OLD],
    )
    assert late(found, now=watch.clock.now, after=TTL) == []
