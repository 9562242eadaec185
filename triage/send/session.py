"""An association with one peer that is opened when it is needed, and again when it has ended."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from triage.domain.study import Peer
from triage.send.association import Association
from triage.send.failure import Broken
from triage.send.message import OnStore
from triage.send.pdu import Proposal
from triage.settings.tls import Handshake

T = TypeVar("T")


class Session:
    """Requests to one peer, one at a time.

    Args:
        peer: whom to ask.
        calling_ae_title: own AE title.
        proposals: the presentation contexts to propose.
        timeout_s: for the connection, for each answer, and for silence on the line.
        on_store: takes what the peer stores, which it does when it serves a C-GET.
        tls: with it every connection begins with a handshake.
    """

    def __init__(
        self,
        peer: Peer,
        *,
        calling_ae_title: str,
        proposals: Sequence[Proposal],
        timeout_s: float,
        on_store: OnStore | None = None,
        tls: Handshake | None = None,
    ) -> None:
        self.peer = peer
        self._calling_ae_title = calling_ae_title
        self._proposals = proposals
        self._timeout_s = timeout_s
        self._on_store = on_store
        self._tls = tls
        self._association: Association | None = None

    def ask(self, question: Callable[[Association], T]) -> T:
        """Ask in the association that is open; once more in a new one where that has ended.

        Many peers end an association that rests, or after so many requests.

        Raises:
            Broken: the peer cannot be reached, or a new association ended too.
        """
        kept = self._association
        if kept is not None and kept.is_open:
            try:
                return question(kept)
            except Broken:
                self.close()
        self._association = Association(
            self.peer,
            calling_ae_title=self._calling_ae_title,
            proposals=self._proposals,
            timeout_s=self._timeout_s,
            on_store=self._on_store,
            tls=self._tls,
        )
        return question(self._association)

    def close(self) -> None:
        """Release the association."""
        if self._association is not None:
            self._association.release()
            self._association = None
