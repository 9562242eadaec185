"""Whether there is room for one more film."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.builders.clock import NOON
from tests.builders.studies import complete, receipt, receive
from triage.daemon.room import GB, Room
from triage.database.engine import open_engine
from triage.domain.errors import RejectedInstance

MORE_THAN_ANY_DISK = 10**18

MakeRoom = Callable[..., Room]


@pytest.fixture
def room(database: Engine, tmp_path: Path) -> MakeRoom:
    """Make a room with plenty of everything, unless told otherwise."""

    def make(*, reserve_bytes: int = 0, longest_queue: int = 2, count_every_s: float = 0) -> Room:
        return Room(
            database,
            tmp_path,
            reserve_bytes=reserve_bytes,
            longest_queue=longest_queue,
            count_every_s=count_every_s,
        )

    return make


def fill(database: Engine, *numbers: int) -> None:
    """Let studies come that nobody assesses."""
    with database.begin() as connection:
        for number in numbers:
            receive(connection, receipt(f"2.25.{number}.1", study=f"2.25.{number}"), now=NOON)
        complete(connection, now=NOON)


def empty(database: Engine) -> None:
    """Let every study end."""
    with database.begin() as connection:
        connection.execute(text("UPDATE study SET state = 'DONE'"))


def test_there_is_room_in_an_empty_house(room: MakeRoom) -> None:
    room().check()


def test_a_disk_that_is_nearly_full_takes_no_film(room: MakeRoom, tmp_path: Path) -> None:
    with pytest.raises(RejectedInstance) as refusal:
        room(reserve_bytes=MORE_THAN_ANY_DISK).check()

    free_gb = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize / GB
    told = float(str(refusal.value).split()[1])
    assert refusal.value.status == 0xA700
    assert told == pytest.approx(free_gb, abs=1)
    assert str(refusal.value).endswith("1000000000.0 GB are kept free (spool.reserve_gb)")


def test_a_folder_that_has_gone_takes_no_film(database: Engine, tmp_path: Path) -> None:
    room = Room(database, tmp_path / "gone", reserve_bytes=0, longest_queue=2)

    with pytest.raises(RejectedInstance, match="spool: No such file or directory"):
        room.check()


def test_the_disk_of_an_sqlite_file_counts_too(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'gone' / 'triage.sqlite3'}")

    with pytest.raises(RejectedInstance, match="database: No such file or directory"):
        Room(engine, tmp_path, reserve_bytes=0, longest_queue=2).check()


def test_the_disks_are_looked_at_without_the_queue(room: MakeRoom, database: Engine) -> None:
    fill(database, 1, 2)

    room(longest_queue=2).check_disks()


def test_a_full_disk_is_seen_without_the_queue(room: MakeRoom) -> None:
    with pytest.raises(RejectedInstance, match=r"are kept free \(spool\.reserve_gb\)$"):
        room(reserve_bytes=MORE_THAN_ANY_DISK).check_disks()


def test_a_queue_below_its_bound_takes_films(room: MakeRoom, database: Engine) -> None:
    fill(database, 1)

    room(longest_queue=2).check()


def test_a_queue_at_its_bound_takes_no_film(room: MakeRoom, database: Engine) -> None:
    fill(database, 1, 2)

    with pytest.raises(RejectedInstance, match=r"2 studies wait, listener\.longest_queue is 2$"):
        room(longest_queue=2).check()


def test_there_is_room_again_once_studies_have_ended(room: MakeRoom, database: Engine) -> None:
    fill(database, 1, 2)
    watched = room(longest_queue=2)
    with pytest.raises(RejectedInstance):
        watched.check()
    empty(database)

    watched.check()


def test_the_queue_is_not_counted_for_every_film(room: MakeRoom, database: Engine) -> None:
    watched = room(longest_queue=2, count_every_s=60)
    watched.check()
    fill(database, 1, 2)

    watched.check()


def test_a_database_that_is_away_is_for_the_commit_to_tell(tmp_path: Path) -> None:
    engine = open_engine("postgresql://nobody@127.0.0.1:9/nothing")

    Room(engine, tmp_path, reserve_bytes=0, longest_queue=1).check()
