"""Where received instances go: what the listener asks of the rest of the house."""

from collections.abc import Sequence
from typing import Protocol

from triage.domain.door import Refused
from triage.receive.arrival import Arrival


class Draft(Protocol):
    """An instance that is coming in; every method but ``discard`` may raise ``RejectedInstance``.

    It is ended by exactly one of ``keep`` and ``discard``.
    """

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Take the next bytes of the Part 10 file; the pieces are not read after this returns."""

    def keep(self, arrival: Arrival, *, association_id: int) -> bool:
        """Keep the whole file durably; ``False`` where it was here already."""

    def discard(self) -> None:
        """Leave nothing behind."""


class Keeper(Protocol):
    """Keeps what is received, and the door's book; called from many threads at once."""

    def opened(self, *, calling_ae_title: str, host: str) -> int:
        """Note an association that is about to store, and return its number.

        Raises:
            RejectedInstance: it cannot be noted now.
        """

    def closed(self, association_id: int) -> None:
        """Note that it has ended."""

    def draft(self) -> Draft:
        """Begin an instance.

        Raises:
            RejectedInstance: 0xA700, there is no room for it.
        """

    def refused(self, refused: Refused) -> None:
        """Write down who was turned away; never raises for a database that is away."""


class Reports(Protocol):
    """Takes what a PACS reports of the storage that it was asked to commit to."""

    def take(
        self, encoded: bytes, *, transfer_syntax_uid: str, event_type: int, ae_title: str
    ) -> int:
        """Take the event information of an N-EVENT-REPORT-RQ; return the status to answer."""
