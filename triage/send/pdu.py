"""Upper layer PDUs of a requestor: packed here, negotiated by pynetdicom's (PS3.8 section 9.3)."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import build_context

from triage.domain.product import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage.send.failure import Broken, Failure, Rejected

ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA_TF = 0x02, 0x03, 0x04
RELEASE_RQ, RELEASE_RP, ABORT = 0x05, 0x06, 0x07
COMMAND, LAST = 0x01, 0x02
"""Bits of the message control header (PS3.8 E.2)."""

MAXIMUM_LENGTH = 131_072
"""Of the P-DATA-TF PDUs that we receive, and send where the peer names no limit."""

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
HEADER = struct.Struct(">BxI")
_PDV = struct.Struct(">IBB")
_REJECTION = struct.Struct(">xBBB")
_REASONS = {
    (1, 1): "no reason given",
    (1, 2): "application context not supported",
    (1, 3): "calling AE title not recognized",
    (1, 7): "called AE title not recognized",
    (2, 1): "no reason given",
    (2, 2): "protocol version not supported",
    (3, 1): "temporary congestion",
    (3, 2): "local limit exceeded",
}

RELEASE_REQUEST = HEADER.pack(RELEASE_RQ, 4) + bytes(4)
RELEASE_REPLY = HEADER.pack(RELEASE_RP, 4) + bytes(4)
ABORTED_BY_US = HEADER.pack(ABORT, 4) + bytes(4)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A presentation context that we propose: an abstract syntax in one of some syntaxes.

    With ``as_scp`` we offer to take objects of that class ourselves, as C-GET needs it.
    """

    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]
    as_scp: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """A presentation context that the peer accepted."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """The accepted contexts, and the longest PDU that the peer takes, 0 for no limit.

    ``refused`` are the others, each with its result (PS3.8 table 9-18).
    """

    contexts: tuple[Accepted, ...]
    peer_maximum_length: int
    refused: tuple[tuple[Proposal, int], ...] = ()

    def find(self, abstract_syntax: str, transfer_syntax: str | None = None) -> Accepted | None:
        """Return the first accepted context of a class, and of a syntax where one is named."""
        for context in self.contexts:
            wanted = transfer_syntax in {None, context.transfer_syntax}
            if context.abstract_syntax == abstract_syntax and wanted:
                return context
        return None


def associate_rq(proposals: Sequence[Proposal], *, calling: str, called: str) -> bytes:
    """Pack an A-ASSOCIATE-RQ; the proposals get the IDs 1, 3, 5 and so on."""
    longest = MaximumLengthNotification()
    longest.maximum_length_received = MAXIMUM_LENGTH
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    asked = A_ASSOCIATE()
    asked.application_context_name = APPLICATION_CONTEXT
    asked.calling_ae_title, asked.called_ae_title = calling, called
    contexts = [build_context(one.abstract_syntax, [*one.transfer_syntaxes]) for one in proposals]
    for number, context in enumerate(contexts):
        context.context_id = 2 * number + 1
    asked.presentation_context_definition_list = contexts
    taken = dict.fromkeys(one.abstract_syntax for one in proposals if one.as_scp)
    asked.user_information = [longest, implementation, version, *map(_role, taken)]
    pdu = A_ASSOCIATE_RQ()
    pdu.from_primitive(asked)
    encoded: bytes = pdu.encode()
    return encoded


def _role(abstract_syntax: str) -> SCP_SCU_RoleSelectionNegotiation:
    """Offer to be the SCP of a class, and not its SCU (PS3.7 D.3.3.4)."""
    role = SCP_SCU_RoleSelectionNegotiation()
    role.sop_class_uid = abstract_syntax
    role.scu_role, role.scp_role = False, True
    return role


def read_associate_ac(pdu: bytes, proposals: Sequence[Proposal]) -> Agreement:
    """Read the answer to a request; only what was proposed counts as accepted.

    Raises:
        Broken: it cannot be understood.
    """
    try:
        accept = A_ASSOCIATE_AC()
        accept.decode(pdu)
        answer = accept.to_primitive()
        answered = answer.presentation_context_definition_results_list
        results = {
            int(context.context_id or 0): str(context.transfer_syntax[0])
            for context in answered
            if context.result == 0
        }
        refusals = {int(one.context_id or 0): int(one.result) for one in answered if one.result}
        longest = int(answer.maximum_length_received or 0)
    except (
        AssertionError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RuntimeError,
        struct.error,
    ) as error:
        raise Broken(Failure.GARBLED, f"association accept: {type(error).__name__}") from error
    accepted = tuple(_accepted(results, proposals))
    return Agreement(accepted, longest, tuple(_refused(refusals, proposals)))


def _accepted(results: Mapping[int, str], proposals: Sequence[Proposal]) -> Iterator[Accepted]:
    for number, proposal in enumerate(proposals):
        context_id = 2 * number + 1
        syntax = results.get(context_id)
        if syntax is not None and syntax in proposal.transfer_syntaxes:
            yield Accepted(context_id, proposal.abstract_syntax, syntax)


def _refused(
    refusals: Mapping[int, int], proposals: Sequence[Proposal]
) -> Iterator[tuple[Proposal, int]]:
    for number, proposal in enumerate(proposals):
        result = refusals.get(2 * number + 1)
        if result is not None:
            yield proposal, result


def rejection(body: bytes) -> Broken:
    """Put an A-ASSOCIATE-RJ into words (PS3.8 9.3.4); transient ones say so."""
    if len(body) < _REJECTION.size:
        return Broken(Failure.REJECTED)
    result, source, reason = _REJECTION.unpack_from(body)
    words = _REASONS.get((source, reason), f"source {source}, reason {reason}")
    lasting = "permanent" if result == 1 else "transient"
    return Rejected(f"{lasting}: {words}", source=source, reason=reason)


def p_data(
    message: bytes | memoryview, *, context_id: int, control: int, maximum_length: int
) -> list[bytes | memoryview]:
    """Cut a message into P-DATA-TF PDUs that are no longer than the peer takes.

    Args:
        message: the whole command set or data set.
        context_id: the presentation context ID.
        control: ``COMMAND`` or 0; the last fragment gets ``LAST`` too.
        maximum_length: the peer's, 0 for no limit.

    Returns:
        Headers and fragments in turn, for a gathering write.
    """
    view = memoryview(message)
    room = max(min(maximum_length or MAXIMUM_LENGTH, MAXIMUM_LENGTH) - _PDV.size, 2)
    room -= room % 2  # every fragment has an even length (PS3.8 annex E)
    pieces: list[bytes | memoryview] = []
    for begin in range(0, len(view), room):
        part = view[begin : begin + room]
        last = LAST if begin + room >= len(view) else 0
        header = HEADER.pack(P_DATA_TF, len(part) + _PDV.size)
        pieces += [header + _PDV.pack(len(part) + 2, context_id, control | last), part]
    return pieces


def fragments(body: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield context ID, control and contents of each presentation data value of a P-DATA-TF.

    Raises:
        Broken: it contradicts itself.
    """
    place = 0
    while place < len(body):
        if len(body) - place < _PDV.size:
            raise Broken(Failure.GARBLED, "PDV cut short")
        length, context_id, control = _PDV.unpack_from(body, place)
        inside, place = place + _PDV.size, place + 4 + length
        if place > len(body) or place < inside:
            raise Broken(Failure.GARBLED, f"PDV of {length} bytes in a shorter PDU")
        yield context_id, control, body[inside:place]
