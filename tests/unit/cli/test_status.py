from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.clock import Clock
from tests.builders.command import Command
from tests.builders.studies import PACS, STUDY, dead, leased, parcel, posted, refused
from triage.daemon.condition import Condition
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
        "late": [],
        "abandoned": [],
        "degraded": None,
    }


def test_status_tells_how_long_the_oldest_result_waits(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        posted(connection, now=datetime.now(UTC) - timedelta(hours=5, minutes=12, seconds=1))

    assert f"LATE    1 wait for {PACS}, the oldest for 5 h 12 min\n" in command.text("status")


def test_status_says_nothing_of_a_result_that_is_young(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        posted(connection, now=datetime.now(UTC) - timedelta(minutes=59))

    assert PACS not in command.text("status")


def test_status_names_a_destination_that_the_settings_do_not(
    command: Command, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.begin() as connection:
        posted(connection, parcel(destination="OLD@10.0.0.9:104"), now=datetime.now(UTC))
    further = '[{"ae_title": "OTHER", "host": "10.0.0.3", "port": 104}]'
    monkeypatch.setenv("TRIAGE_PACS__FURTHER", further)

    shown = command.text("status")

    assert "LOST    1 wait for OLD@10.0.0.9:104, which the settings do not name\n" in shown


def test_status_says_that_the_worker_is_degraded(command: Command, tmp_path: Path) -> None:
    well = command.text("status")
    (tmp_path / "data").mkdir()
    Condition(tmp_path / "data").tell("degraded: cuda:0 float32 given up, now cpu float32: lost")

    ill = command.text("status")

    assert "degraded" not in well
    assert ill.endswith("degraded: cuda:0 float32 given up, now cpu float32: lost\n")
