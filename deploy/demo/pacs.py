"""What the demonstration asks of a PACS."""

from typing import Protocol

from triage.domain.study import Peer


class Pacs(Protocol):
    """Something that takes films and shows what it took."""

    @property
    def peer(self) -> Peer:
        """Where to send to."""

    def fetch(self, sop_instance_uid: str) -> bytes | None:
        """Return an instance as a Part 10 file, ``None`` where it never came."""
