"""A destination and the one association that is kept with it between deliveries."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from pydicom.errors import InvalidDicomError

from triage.domain.errors import DeliveryParked, DeliveryPostponed
from triage.domain.study import Peer
from triage.send import commitment, query
from triage.send.association import Association, OnReport, refuse_reports
from triage.send.failure import Broken
from triage.send.pdu import Proposal
from triage.send.scu import failed, store
from triage.send.stored import EXPLICIT, IMPLICIT, StoredObject, stored_object
from triage.settings.tls import Handshake

MOST_FAILURES = 3
"""In a row, of a proof: some peers accept a context, and abort when they are asked in it."""

REST_S = 600.0
"""So long such a proof is not asked for."""

REFUSED_S = 600.0
"""Who refuses every query for so long is left alone too: what is in doubt is sent some day."""

KEEP_S = 10.0
"""So long an association rests before it is released; many peers end it after 30 s themselves."""

SUCCESS = 0x0000
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
USUAL = (
    Proposal(SECONDARY_CAPTURE, (EXPLICIT,)),
    Proposal(SECONDARY_CAPTURE, (IMPLICIT,)),
    commitment.PROPOSAL,
    query.PROPOSAL,
)


class Service:
    """A proof that a destination may offer; it is left alone where asking leads to nothing.

    Args:
        abstract_syntax: of its context.
        clock: seconds that only grow.
    """

    def __init__(self, abstract_syntax: str, *, clock: Callable[[], float]) -> None:
        self._abstract_syntax = abstract_syntax
        self._clock = clock
        self._failures = 0
        self._failed_at = 0.0
        self._refused_at: float | None = None

    @property
    def rests(self) -> bool:
        """Whether it failed too often, and not long enough ago."""
        often = self._failures >= MOST_FAILURES
        return often and self._clock() - self._failed_at < REST_S

    def offered_in(self, association: Association) -> bool:
        """Tell whether its context was accepted, and it may be asked for."""
        return association.agreement.find(self._abstract_syntax) is not None and not self.rests

    def failed(self) -> None:
        """Note that the association ended when it was asked for."""
        self._failures += 1
        self._failed_at = self._clock()

    def refused(self) -> None:
        """Note that it was answered with a failure, which may be over in a moment."""
        now = self._clock()
        self._refused_at = now if self._refused_at is None else self._refused_at
        if now - self._refused_at >= REFUSED_S:
            self._failures, self._failed_at = MOST_FAILURES, now

    def answered(self) -> None:
        """Note that it was answered."""
        self._failures, self._refused_at = 0, None


class Destination:
    """A peer that results are sent to.

    Every method may raise ``DeliveryPostponed``: the peer is away now, or went away.

    Args:
        peer: the destination.
        calling_ae_title: own AE title.
        timeout_s: for the connection, for each answer, and for silence on the line.
        on_report: takes what it reports of storage commitment in our association.
        keep_s: how long an association is kept for the next delivery.
        clock: seconds that only grow.
        tls: with it every connection begins with a handshake.
    """

    def __init__(
        self,
        peer: Peer,
        *,
        calling_ae_title: str,
        timeout_s: float,
        on_report: OnReport = refuse_reports,
        keep_s: float = KEEP_S,
        clock: Callable[[], float] = monotonic,
        tls: Handshake | None = None,
    ) -> None:
        self.peer = peer
        self._tls = tls
        self._calling_ae_title = calling_ae_title
        self._timeout_s = timeout_s
        self._on_report = on_report
        self._keep_s = keep_s
        self._clock = clock
        self._association: Association | None = None
        self._proposals = dict.fromkeys(USUAL)
        self._query = Service(query.STUDY_ROOT_FIND, clock=clock)
        self._commitment = Service(commitment.PUSH_MODEL, clock=clock)
        self._used_at = clock()

    def store(self, file: Path) -> str:
        """Store one encoded object; return the answer in words, such as ``0x0000``.

        Raises:
            DeliveryParked: the destination refuses such an object, or the file cannot be read.
        """
        stored = stored_object(file)
        return store(self._associated(stored.proposals), stored, peer=self.peer)

    def has(self, file: Path) -> bool | None:
        """Tell whether the destination has the object; ``None`` where it cannot be asked.

        A query that is refused is one to repeat: ``DeliveryPostponed``, as long as that is new.
        """
        stored = stored_object(file)
        if self._query.rests:
            return None
        association = self._associated()
        try:
            status, there = query.look_up(association, stored)
        except Broken as broken:
            self._query.failed()
            raise failed(broken, self.peer, reached=False) from broken
        except (OSError, InvalidDicomError, ValueError) as error:
            reason = f"the stored object cannot be read: {type(error).__name__}"
            raise DeliveryParked(reason) from error
        if status is None:
            return None
        if status != SUCCESS:
            self._query.refused()
            raise DeliveryPostponed(f"{self.peer} answered {status:#06x} to C-FIND", in_doubt=True)
        self._query.answered()
        return there

    def offers_commitment(self) -> bool:
        """Tell whether it accepts requests for storage commitment."""
        return self._commitment.offered_in(self._associated())

    def offers_query(self) -> bool:
        """Tell whether it can be asked for an instance."""
        return self._query.offered_in(self._associated())

    def request_commitment(self, transaction_uid: str, files: Sequence[Path]) -> int | None:
        """Ask it to commit to objects; return the status, or ``None`` where it offers none."""
        stored = [stored_object(file) for file in files]
        association = self._associated()
        try:
            status = commitment.request_commitment(
                association, transaction_uid=transaction_uid, references=[*map(_named, stored)]
            )
        except Broken as broken:
            self._commitment.failed()
            raise failed(broken, self.peer, reached=False) from broken
        self._commitment.answered()
        return status

    def attend(self, *, within_s: float = 0.0) -> None:
        """Take what it reports meanwhile; release an association that has rested long enough."""
        if self._association is None:
            return
        self._association.attend(within_s=within_s)
        if self._clock() - self._used_at >= self._keep_s:
            self.close()

    def close(self) -> None:
        """Release the association."""
        if self._association is not None:
            self._association.release()
            self._association = None

    def _associated(self, proposals: Sequence[Proposal] = ()) -> Association:
        """Return the kept association, or a new one where it ended or lacks a context."""
        known = all(proposal in self._proposals for proposal in proposals)
        if self._association is not None:
            self._association.attend()
        if not known:
            self.close()
            self._proposals |= dict.fromkeys(proposals)
        if self._association is None or not self._association.is_open:
            self._association = self._associate()
        self._used_at = self._clock()
        return self._association

    def _associate(self) -> Association:
        try:
            return Association(
                self.peer,
                calling_ae_title=self._calling_ae_title,
                proposals=[*self._proposals],
                timeout_s=self._timeout_s,
                on_report=self._on_report,
                tls=self._tls,
            )
        except Broken as broken:
            raise failed(broken, self.peer, reached=False) from broken


def _named(stored: StoredObject) -> commitment.Reference:
    return stored.sop_class_uid, stored.sop_instance_uid
