"""A keeper in memory, for the listener to bring its instances to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from triage.domain.door import Refused
from triage.receive.arrival import Arrival


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
