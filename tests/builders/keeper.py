"""Keepers for the listener to bring its instances to: in memory, or the durable one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from triage.daemon.door_log import DoorLog
from triage.daemon.ledger import Ledger
from triage.daemon.listener import DurableKeeper
from triage.daemon.room import Room
from triage.database.engine import Engine
from triage.domain.door import Refused
from triage.receive.arrival import Arrival
from triage.spool import Spool


@dataclass(frozen=True, slots=True)
class Kept:
    """One instance with its whole Part 10 file."""

    arrival: Arrival
    file: bytes
    association_id: int


@dataclass
class MemoryKeeper:
    """Keeps everything that it is brought, and does ``first`` before it does."""

    first: Callable[[], object] = lambda: None
    kept: list[Kept] = field(default_factory=list)
    turned_away: list[Refused] = field(default_factory=list)
    visitors: list[str] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    discarded: int = 0

    def opened(self, *, calling_ae_title: str, host: str) -> int:
        self.visitors.append(f"{calling_ae_title}@{host}")
        return len(self.visitors)

    def closed(self, association_id: int) -> None:
        self.ended.append(association_id)

    def draft(self) -> "MemoryDraft":
        return MemoryDraft(self)

    def refused(self, refused: Refused) -> None:
        self.turned_away.append(refused)


@dataclass
class MemoryDraft:
    """One instance on its way in."""

    keeper: MemoryKeeper
    contents: bytearray = field(default_factory=bytearray)

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        for piece in pieces:
            self.contents += piece

    def keep(self, arrival: Arrival, *, association_id: int) -> bool:
        self.keeper.first()
        self.keeper.kept.append(Kept(arrival, bytes(self.contents), association_id))
        return True

    def discard(self) -> None:
        self.keeper.discarded += 1


def keeping(
    engine: Engine, spool: Spool, *, reserve_bytes: int = 0, longest_queue: int = 1_000_000
) -> DurableKeeper:
    """Make the durable keeper on a spool, with room for everything."""
    room = Room(engine, spool.folder, reserve_bytes=reserve_bytes, longest_queue=longest_queue)
    ledger = Ledger(engine, listener="listener-1")
    log = DoorLog(engine, listener="listener-1")
    return DurableKeeper(spool, ledger=ledger, room=room, door=log)
