"""More studies than the queue holds: the rest is told to come again."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Engine

from tests.builders.dataset import encoded, film_dataset
from tests.builders.raw import RawClient
from tests.protocol.conftest import listening
from triage.daemon.door_log import DoorLog
from triage.daemon.ledger import Ledger
from triage.daemon.listener import DurableKeeper
from triage.daemon.room import OUT_OF_RESOURCES, Room
from triage.database import schema
from triage.spool import Spool

SENDERS, STUDIES_EACH = 4, 10


def keeper_of(database: Engine, spool: Spool, *, longest_queue: int) -> DurableKeeper:
    """A keeper that counts the queue for each film."""
    room = Room(
        database, spool.folder, reserve_bytes=0, longest_queue=longest_queue, count_every_s=0.0
    )
    ledger = Ledger(database, listener="listener-1")
    log = DoorLog(database, listener="listener-1")
    return DurableKeeper(spool, ledger=ledger, room=room, door=log)


def stormed(port: int) -> Counter[int | None]:
    """Send studies of one film each, all senders at once, and count the answers."""
    with ThreadPoolExecutor(SENDERS) as pool:
        return sum(pool.map(lambda sender: send_studies(port, sender), range(SENDERS)), Counter())


def send_studies(port: int, sender: int) -> Counter[int | None]:
    answers: Counter[int | None] = Counter()
    with RawClient(port) as modality:
        modality.associate()
        for number in range(STUDIES_EACH):
            uid = f"2.25.{sender}{number}7"
            film = film_dataset(SOPInstanceUID=uid, StudyInstanceUID=f"{uid}.1")
            answers[modality.store(encoded(film), uid)] += 1
        modality.release()
    return answers


def test_a_storm_beyond_the_queue_is_told_to_come_again(database: Engine, tmp_path: Path) -> None:
    keeper = keeper_of(database, Spool(tmp_path / "spool"), longest_queue=8)

    with listening(keeper) as scp:
        answers = stormed(scp.port)
    keeper.settle()

    with database.begin() as connection:
        rows = len(connection.execute(schema.instance.select()).all())
        events = len(connection.execute(schema.door_event.select()).all())
    assert set(answers) == {0x0000, OUT_OF_RESOURCES}
    assert 8 <= answers[0x0000] < 8 + 2 * SENDERS
    assert (rows, events) == (answers[0x0000], answers[OUT_OF_RESOURCES])


def test_without_a_bound_everything_is_taken(database: Engine, tmp_path: Path) -> None:
    keeper = keeper_of(database, Spool(tmp_path / "spool"), longest_queue=1_000_000)

    with listening(keeper) as scp:
        answers = stormed(scp.port)

    assert answers == Counter({0x0000: SENDERS * STUDIES_EACH})
