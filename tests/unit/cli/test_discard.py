import pytest
from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.command import Command
from tests.builders.studies import PACS, STUDY, dead, parcel, posted, state_of


def test_discard_says_what_was_done(command: Command, database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        dead(connection, now=clock.now)

    shown = command.text("discard", STUDY, "--reason", "a broken detector")

    assert shown == f"study {STUDY}: discarded, 1 films not assessed\n"
    with database.begin() as connection:
        assert state_of(connection) == "NOT_ASSESSED"


def test_a_discard_needs_a_reason(command: Command, database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        dead(connection, now=clock.now)

    assert command.code("discard", STUDY) == 64
    with database.begin() as connection:
        assert state_of(connection) == "DEAD"


OLD = "OLD@10.0.0.9:104"


@pytest.fixture
def abandoned(database: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> str:
    """A destination that the settings name no more, beside two that they do."""
    further = '[{"ae_title": "OTHER", "host": "10.0.0.3", "port": 104}]'
    monkeypatch.setenv("TRIAGE_PACS__FURTHER", further)
    with database.begin() as connection:
        posted(connection, parcel(destination=OLD), now=clock.now)
    return OLD


def test_what_waits_for_a_destination_that_is_no_more_is_given_up(
    command: Command, database: Engine, abandoned: str
) -> None:
    shown = command.text("discard", "--destination", abandoned, "--reason", "replaced in May")

    assert shown == f"{OLD}: 1 deliveries given up\n"
    with database.begin() as connection:
        assert state_of(connection) == "DONE"


@pytest.mark.parametrize("words", [(), (STUDY, "--destination", OLD)])
def test_either_a_study_or_a_destination_is_given_up(
    command: Command, abandoned: str, words: tuple[str, ...]
) -> None:
    assert abandoned
    assert command.code("discard", *words, "--reason", "why") == 64


def test_what_waits_for_a_destination_that_is_served_goes_on(
    command: Command, database: Engine, clock: Clock
) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    assert command.code("discard", "--destination", PACS, "--reason", "why") == 64
    with database.begin() as connection:
        assert state_of(connection) == "ASSESSED"
