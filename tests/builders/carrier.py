"""A destination that does what it is told, without a network: only the outbox is looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from triage.domain.study import Peer


def success(_: Path) -> str:
    return "0x0000"


@dataclass
class ToldCarrier:
    """Answers as it is told, and keeps what it was asked for."""

    send: Callable[[Path], str] = success
    there: Callable[[Path], bool | None] = lambda _: None
    commitment: bool = False
    query: bool = False
    agrees: Callable[[str], int | None] = lambda _: 0
    peer: Peer = field(default_factory=lambda: Peer("PACS", "127.0.0.1", 4242))
    stored: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    transactions: dict[str, Sequence[Path]] = field(default_factory=dict)

    def store(self, file: Path) -> str:
        answer = self.send(file)
        self.stored.append(file.stem)
        return answer

    def has(self, file: Path) -> bool | None:
        self.asked_for.append(file.stem)
        return self.there(file)

    def offers_commitment(self) -> bool:
        return self.commitment

    def offers_query(self) -> bool:
        return self.query

    def request_commitment(self, transaction_uid: str, files: Sequence[Path]) -> int | None:
        self.transactions[transaction_uid] = files
        return self.agrees(transaction_uid)

    def attend(self) -> None:
        pass

    def close(self) -> None:
        pass
