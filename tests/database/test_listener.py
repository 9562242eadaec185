"""The keeper of the listener: first the file, then the rows, then the answer."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from tests.builders.dataset import CR
from tests.builders.disk import free_bytes, small_disk
from tests.builders.keeper import keeping
from tests.builders.studies import EXPLICIT, FILM, STUDY, film_states
from triage.daemon.ledger import Ledger
from triage.daemon.listener import LOOK_EVERY_BYTES, DurableDraft, DurableKeeper
from triage.daemon.room import Room
from triage.database import schema
from triage.domain.door import DoorCode, Refused
from triage.domain.errors import RejectedInstance
from triage.receive.arrival import Arrival
from triage.spool import Spool

ARRIVAL = Arrival(CR, FILM, STUDY, None, "CR", EXPLICIT)
MIB = 1024 * 1024
FILE = (b"header", b"data set")
STRANGER = Refused(DoorCode.CALLING, "10.0.0.9", "not allowed", calling_ae_title="CR9")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def keeper(database: Engine, spool: Spool) -> DurableKeeper:
    return keeping(database, spool)


def opened(keeper: DurableKeeper) -> int:
    return keeper.opened(calling_ae_title="CR1", host="10.0.0.1")


def kept(keeper: DurableKeeper, pieces: Sequence[bytes], *, association_id: int) -> bool:
    draft = keeper.draft()
    draft.write(pieces)
    return draft.keep(ARRIVAL, association_id=association_id)


def full_disk(_folder: Path) -> tuple[int, str | None]:
    """Open a file on a disk that is full."""
    return os.open("/dev/full", os.O_WRONLY), None


def test_a_kept_film_is_on_disk_and_in_the_database(
    keeper: DurableKeeper, database: Engine, spool: Spool
) -> None:
    new = kept(keeper, FILE, association_id=opened(keeper))

    with database.begin() as connection:
        digest = connection.execute(select(schema.instance.c.digest)).scalar_one()
    assert new
    assert spool.path(digest).read_bytes() == b"headerdata set"


def test_the_same_film_is_not_new_the_second_time(keeper: DurableKeeper) -> None:
    association = opened(keeper)

    new = [kept(keeper, FILE, association_id=association) for _ in range(2)]

    assert new == [True, False]


def test_a_full_disk_is_out_of_resources_and_leaves_no_row(
    database: Engine, tmp_path: Path
) -> None:
    full = Spool(tmp_path / "spool", open_file=full_disk)
    keeper = keeping(database, full)

    with pytest.raises(RejectedInstance, match="spool: No space left on device") as rejection:
        kept(keeper, FILE, association_id=opened(keeper))

    assert rejection.value.status == 0xA700
    with database.begin() as connection:
        assert film_states(connection) == []


class AskedOnce(Room):
    """Looks at the disks only before a film."""

    def check_disks(self) -> None:
        pass


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    with small_disk(tmp_path / "disk", size="64m") as folder:
        yield folder


def large_draft(engine: Engine, disk: Path, *, room: type[Room]) -> DurableDraft:
    """Begin a film on a small disk of which 32 MiB are kept free."""
    spool = Spool(disk / "spool")
    asked = room(engine, spool.folder, reserve_bytes=32 * MIB, longest_queue=9)
    return DurableDraft(Ledger(engine, listener="listener-1"), spool.begin(), asked)


def write_until_refused(draft: DurableDraft) -> None:
    """Write a film of 48 MiB."""
    for _ in range(48):
        draft.write([bytes(MIB)])


def test_a_film_in_whose_middle_the_disk_gets_full_is_refused(database: Engine, disk: Path) -> None:
    draft = large_draft(database, disk, room=Room)

    with pytest.raises(RejectedInstance, match=r"spool: .* \(spool\.reserve_gb\)$") as rejection:
        write_until_refused(draft)

    assert rejection.value.status == 0xA700
    assert free_bytes(disk) >= 32 * MIB - LOOK_EVERY_BYTES
    draft.discard()
    assert free_bytes(disk) > 60 * MIB


def test_without_a_look_in_its_middle_a_film_takes_what_is_kept_free(
    database: Engine, disk: Path
) -> None:
    draft = large_draft(database, disk, room=AskedOnce)

    write_until_refused(draft)

    assert free_bytes(disk) < 32 * MIB - LOOK_EVERY_BYTES
    draft.discard()


def test_a_broken_database_is_out_of_resources(keeper: DurableKeeper, database: Engine) -> None:
    association = opened(keeper)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE instance RENAME TO elsewhere"))

    with pytest.raises(RejectedInstance, match="database: ") as rejection:
        kept(keeper, FILE, association_id=association)

    assert rejection.value.status == 0xA700


def test_an_association_that_ended_is_closed(keeper: DurableKeeper, database: Engine) -> None:
    association = opened(keeper)
    kept(keeper, FILE, association_id=association)

    keeper.closed(association)
    keeper.settle()

    with database.begin() as connection:
        assert connection.scalar(select(schema.association.c.closed_at)) is not None


def test_what_was_turned_away_is_recorded(keeper: DurableKeeper, database: Engine) -> None:
    keeper.refused(STRANGER)
    keeper.settle()

    with database.begin() as connection:
        row = connection.execute(select(schema.door_event)).one()
    assert (row.listener, row.calling_ae_title, row.status) == ("listener-1", "CR9", None)


def test_a_broken_database_does_not_keep_anybody_from_being_turned_away(
    keeper: DurableKeeper, database: Engine
) -> None:
    association = opened(keeper)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE door_event RENAME TO elsewhere"))
        connection.execute(text("ALTER TABLE association RENAME TO nowhere"))

    keeper.refused(STRANGER)
    keeper.closed(association)
    keeper.settle()

    with database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM elsewhere")) == 0
