"""A keeper in memory, for the listener to bring its instances to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from triage.receive.arrival import Arrival


@dataclass(frozen=True, slots=True)
class Kept:
    """One instance with its whole Part 10 file."""

    arrival: Arrival
    file: bytes
    association_id: int


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """An instance, or without a status an association, that was refused."""

    calling_ae_title: str
    host: str
    status: int | None
    sentence: str


@dataclass
class MemoryKeeper:
    """Keeps everything that it is brought, and does ``first`` before it does."""

    first: Callable[[], object] = lambda: None
    kept: list[Kept] = field(default_factory=list)
    turned_away: list[TurnedAway] = field(default_factory=list)
    visitors: list[str] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def opened(self, *, calling_ae_title: str, host: str) -> int:
        self.visitors.append(f"{calling_ae_title}@{host}")
        return len(self.visitors)

    def closed(self, association_id: int) -> None:
        self.ended.append(association_id)

    def keep(self, arrival: Arrival, file: Iterable[bytes], *, association_id: int) -> bool:
        self.first()
        self.kept.append(Kept(arrival, b"".join(file), association_id))
        return True

    def refused(
        self, *, calling_ae_title: str, host: str, status: int | None, sentence: str
    ) -> None:
        self.turned_away.append(TurnedAway(calling_ae_title, host, status, sentence))
