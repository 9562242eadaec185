"""Who was turned away is written meanwhile, on both engines."""

from time import monotonic

import pytest
from sqlalchemy import Engine, func, select, text

from tests.builders.waiting import wait_until
from triage.daemon.door_log import DoorLog
from triage.database import schema
from triage.domain.door import DoorCode, Refused

STRANGER = Refused(DoorCode.CALLING, "10.0.0.9", "not in listener.allowed", "CR9", "TRIAGE")
HELD = {"sqlite": "DELETE FROM door_event", "postgresql": "LOCK TABLE door_event"}


@pytest.fixture
def log(database: Engine) -> DoorLog:
    return DoorLog(database, listener="listener-1")


def entries(database: Engine) -> int:
    with database.begin() as connection:
        return int(connection.scalar(select(func.count()).select_from(schema.door_event)) or 0)


def test_every_entry_is_written(log: DoorLog, database: Engine) -> None:
    for _ in range(1200):
        log.write(STRANGER)
    log.settle(within_s=30)

    assert entries(database) == 1200


def test_an_entry_that_comes_after_the_others_were_written_is_written(
    log: DoorLog, database: Engine
) -> None:
    log.write(STRANGER)
    log.settle(within_s=30)

    log.write(STRANGER)

    wait_until(lambda: entries(database) == 2)


def test_nobody_waits_for_a_database_that_somebody_holds(log: DoorLog, database: Engine) -> None:
    with database.begin() as holder:
        holder.execute(text(HELD[database.dialect.name]))
        begin = monotonic()
        log.write(STRANGER)
        log.settle(within_s=0.1)
        waited_s = monotonic() - begin

    log.settle(within_s=30)
    assert waited_s < 5.0
    assert entries(database) == 1


def test_of_too_many_the_latest_are_dropped(database: Engine) -> None:
    log = DoorLog(database, listener="listener-1", most_waiting=3)

    with database.begin() as holder:
        holder.execute(text(HELD[database.dialect.name]))
        for _ in range(1_000):
            log.write(STRANGER)

    log.settle(within_s=30)
    assert 3 <= entries(database) < 1_000


def test_what_cannot_be_written_hinders_nothing_that_follows(
    log: DoorLog, database: Engine
) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE door_event RENAME TO elsewhere"))
    log.write(STRANGER)
    log.settle(within_s=30)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO door_event"))

    log.write(STRANGER)
    log.settle(within_s=30)

    assert entries(database) == 1
