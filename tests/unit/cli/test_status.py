from datetime import UTC, datetime

from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.command import Command
from tests.builders.studies import STUDY, dead, leased, posted, refused
from triage.database import results


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


def test_status_counts_refusals_in_all_in_a_week_and_in_a_day(
    command: Command, database: Engine
) -> None:
    now = datetime.now(UTC)
    with database.begin() as connection:
        lease = leased(connection, now=now)
        film = results.waiting_films(connection, lease)[0]
        results.finish(connection, lease, [refused(film.id)], now=now)

    shown = command.text("status")

    assert "not assessed because of\n      1  lateral\n" in shown
    assert "not assessed in 7 days because of\n      1  lateral\n" in shown
    assert "not assessed in 24 h because of\n      1  lateral\n" in shown


def test_status_speaks_json(command: Command) -> None:
    shown = command.read("status")

    assert shown == {
        "studies": {},
        "films": {},
        "refusals": {},
        "refusals_in_7_days": {},
        "refusals_in_24_h": {},
        "deliveries": {},
        "turned_away": 0,
        "troubles": [],
    }
