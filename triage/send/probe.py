"""What is asked of a peer to learn what it lets us do: C-ECHO, contexts, C-MOVE."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import UID

from triage.send import commitment, query
from triage.send.association import Association
from triage.send.message import (
    AFFECTED_CLASS,
    C_ECHO_RQ,
    C_MOVE_RQ,
    FIELD,
    MEDIUM,
    MOVE_DESTINATION,
    PRIORITY,
    Message,
    Values,
)
from triage.send.pdu import Proposal
from triage.send.query import encode_in
from triage.send.stored import EXPLICIT, IMPLICIT

VERIFICATION = "1.2.840.10008.1.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3"
MODALITY_WORKLIST = "1.2.840.10008.5.1.4.31"
JPEG = "1.2.840.10008.1.2.4.50"

SERVICES: Mapping[str, str] = {
    VERIFICATION: "Verification",
    SECONDARY_CAPTURE: "Secondary Capture",
    commitment.PUSH_MODEL: "Storage Commitment",
    query.STUDY_ROOT_FIND: "Study Root C-FIND",
    STUDY_ROOT_MOVE: "Study Root C-MOVE",
    STUDY_ROOT_GET: "Study Root C-GET",
    MODALITY_WORKLIST: "Modality Worklist",
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


def move(association: Association, keys: Mapping[str, str], *, to: str) -> Message | None:
    """Let the peer send one instance to an application entity.

    Args:
        association: an open one.
        keys: the UIDs of study, series and instance, by keyword.
        to: AE title; the peer knows where that is.

    Returns:
        The last response; ``None`` where C-MOVE is not accepted.

    Raises:
        Broken: the association has ended.
    """
    context = association.agreement.find(STUDY_ROOT_MOVE)
    if context is None:
        return None
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "IMAGE"
    for key, value in keys.items():
        setattr(identifier, key, value)
    command: Values = {
        FIELD: C_MOVE_RQ,
        AFFECTED_CLASS: STUDY_ROOT_MOVE,
        PRIORITY: MEDIUM,
        MOVE_DESTINATION: to + " " * (len(to) % 2),  # PS3.5 6.2: padded by a space
    }
    return association.ask(command, encode_in(identifier, context), context)[-1]
