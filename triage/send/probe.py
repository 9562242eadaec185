"""What is asked of a peer to learn what it lets us do: C-ECHO, and which contexts it accepts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydicom.uid import UID

from triage.send import commitment, query
from triage.send.association import Association
from triage.send.message import AFFECTED_CLASS, C_ECHO_RQ, FIELD, Values
from triage.send.modality_worklist import MODALITY_WORKLIST_FIND
from triage.send.pdu import Proposal
from triage.send.retrieve import STUDY_ROOT_GET, STUDY_ROOT_MOVE
from triage.send.stored import EXPLICIT, IMPLICIT

VERIFICATION = "1.2.840.10008.1.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
JPEG = "1.2.840.10008.1.2.4.50"

SERVICES: Mapping[str, str] = {
    VERIFICATION: "Verification",
    SECONDARY_CAPTURE: "Secondary Capture",
    commitment.PUSH_MODEL: "Storage Commitment",
    query.STUDY_ROOT_FIND: "Study Root C-FIND",
    STUDY_ROOT_MOVE: "Study Root C-MOVE",
    STUDY_ROOT_GET: "Study Root C-GET",
    MODALITY_WORKLIST_FIND: "Modality Worklist",
}
"""What is proposed, in the order in which it is told."""

RESULTS: Mapping[int, str] = {
    1: "refused by its user",
    2: "refused without a reason",
    3: "abstract syntax not supported",
    4: "transfer syntax not supported",
}
"""Of a context that is not accepted (PS3.8 table 9-18)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a peer said to one service: the accepted syntaxes, and why others were not."""

    abstract_syntax: str
    accepted: tuple[str, ...]
    refused: tuple[str, ...]

    def takes(self, transfer_syntax: str) -> bool:
        """Tell whether a syntax was accepted."""
        return UID(transfer_syntax).name in self.accepted


def proposals(*, jpeg: bool) -> list[Proposal]:
    """Propose every service, each in each transfer syntax alone, so that each is answered."""
    compressed = (JPEG,) if jpeg else ()
    return [
        Proposal(service, (syntax,))
        for service in SERVICES
        for syntax in (
            *(compressed if service == SECONDARY_CAPTURE else ()),
            EXPLICIT,
            IMPLICIT,
        )
    ]


def offers(association: Association) -> Iterator[Offer]:
    """Tell of each service what was said to it."""
    agreement = association.agreement
    for service in SERVICES:
        syntaxes = [
            context.transfer_syntax
            for context in agreement.contexts
            if context.abstract_syntax == service
        ]
        refused = [
            f"{UID(proposal.transfer_syntaxes[0]).name}: {RESULTS.get(result, str(result))}"
            for proposal, result in agreement.refused
            if proposal.abstract_syntax == service
        ]
        yield Offer(service, tuple(UID(syntax).name for syntax in syntaxes), tuple(refused))


def echo(association: Association) -> int | None:
    """Verify the association; return the status, ``None`` where Verification is not accepted.

    Raises:
        Broken: the association has ended.
    """
    context = association.agreement.find(VERIFICATION)
    if context is None:
        return None
    command: Values = {FIELD: C_ECHO_RQ, AFFECTED_CLASS: VERIFICATION}
    return association.ask(command, b"", context)[-1].status
