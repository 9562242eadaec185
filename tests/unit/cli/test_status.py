from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.command import Command
from tests.builders.studies import STUDY, dead, posted


def test_status_counts_by_state(command: Command, database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        posted(connection, now=clock.now)

    shown = command.text("status")

    assert "studies\n      1  ASSESSED\n" in shown
    assert "deliveries\n      1  WAITING\n" in shown


def test_status_names_what_needs_a_person(command: Command, database: Engine, clock: Clock) -> None:
    with database.begin() as connection:
        dead(connection, now=clock.now)

    assert f"DEAD    {STUDY}  ValueError at film.py:1" in command.text("status")


def test_status_speaks_json(command: Command) -> None:
    shown = command.read("status")

    assert shown == {
        "studies": {},
        "films": {},
        "refusals": {},
        "deliveries": {},
        "turned_away": 0,
        "troubles": [],
    }
