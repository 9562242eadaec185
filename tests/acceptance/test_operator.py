"""``requeue`` and ``discard`` on a study that has failed too often, and on a parked capture."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.acceptance.conftest import Compose
from tests.builders.house import House
from tests.builders.pacs import Pacs
from tests.builders.sender import send
from triage.database.engine import database_time
from triage.database.operator import discard, requeue
from triage.domain.assessment import Assessment, Finding, Model, Tier
from triage.domain.film import Film
from triage.pipeline import Route


class BrokenAssessor:
    """A network that fails on every film."""

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        """Fail."""
        raise RuntimeError(f"{len(films)} films too many")


class TwiceTheSame:
    """A network that names a finding twice, which no row can hold."""

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        """Find a tumour, and the same tumour."""
        tumour = Finding("tumour", 0.5, 0.6, Tier.BELOW)
        model = Model("twice", "1", "0" * 64)
        return [Assessment(model, (tumour, tumour), ()) for _ in films]


@pytest.fixture
def dead(compose: Compose, flagging_route: Route, samples: Path) -> str:
    """The UID of a study that is DEAD after three failures."""
    with compose(route=replace(flagging_route, assessor=BrokenAssessor())) as broken:
        send([samples / "dx_mass.dcm"], broken.peer)
        for _ in range(3):
            broken.settle()
            broken.make_due("study")
        told = broken.story_of(samples / "dx_mass.dcm")
    assert told.study["state"] == "DEAD"
    return str(told.study["study_uid"])


def test_a_study_that_fails_again_and_again_is_dead_with_the_place(house: House, dead: str) -> None:
    last = house.story(dead).events[-1]

    assert (last["from_state"], last["to_state"]) == ("ASSESSING", "DEAD")
    assert str(last["reason"]).startswith("RuntimeError at test_operator.py:")


def test_a_result_that_the_database_refuses_is_blamed_on_the_study(
    compose: Compose, flagging_route: Route, samples: Path
) -> None:
    with compose(route=replace(flagging_route, assessor=TwiceTheSame())) as house:
        send([samples / "dx_mass.dcm"], house.peer)
        house.settle()
        told = house.story_of(samples / "dx_mass.dcm")

    assert (told.study["state"], told.study["failures"]) == ("QUEUED", 1)
    assert str(told.events[-1]["reason"]).startswith("IntegrityError")


def test_a_requeued_study_is_assessed_by_a_mended_daemon(
    house: House, dead: str, pacs: Pacs
) -> None:
    with house.engine.begin() as connection:
        requeue(connection, dead, now=database_time(connection), actor="operator")

    house.settle()

    assert house.story(dead).study["state"] == "DONE"
    assert len(pacs.received) == 1


def test_a_discarded_study_says_why_its_films_are_not_assessed(house: House, dead: str) -> None:
    with house.engine.begin() as connection:
        discard(
            connection, dead, reason="test film", now=database_time(connection), actor="operator"
        )

    told = house.story(dead)

    assert told.study["state"] == "NOT_ASSESSED"
    assert [(f["code"], f["sentence"]) for f in told.films] == [("discarded", "test film")]


def test_a_parked_capture_is_sent_once_the_pacs_takes_it(
    house: House, pacs: Pacs, samples: Path
) -> None:
    statuses = iter([0x0122, 0x0000])
    pacs.answer = lambda: next(statuses)
    send([samples / "dx_mass.dcm"], house.peer)
    house.settle()
    parked = [row.state for row in house.rows("delivery")]
    uid = str(house.story_of(samples / "dx_mass.dcm").study["study_uid"])

    with house.engine.begin() as connection:
        requeue(connection, uid, now=database_time(connection), actor="operator")
    house.settle()

    assert parked == ["PARKED"]
    assert [row.state for row in house.rows("delivery")] == ["SENT_UNPROVEN"]
    assert len(pacs.received) == 1
