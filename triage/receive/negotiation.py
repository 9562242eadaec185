"""An association request and the answer to it, negotiated by pynetdicom (PS3.8 section 9.3.2)."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
    SCP_SCU_RoleSelectionNegotiation,
)
from pynetdicom.presentation import (
    PresentationContext,
    build_context,
    build_role,
    negotiate_unrestricted,
)

from triage.domain.errors import TriageError
from triage.domain.product import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage.receive.arrival import is_storage
from triage.receive.contexts import VERIFICATION, readable_first
from triage.receive.pdu import (
    APPLICATION_CONTEXT_NOT_SUPPORTED,
    HEADER,
    INVALID_PARAMETER,
    MAXIMUM_LENGTH,
    PROTOCOL_VERSION_NOT_SUPPORTED,
    ProtocolError,
    Rejection,
)
from triage.receive.report import PUSH_MODEL, SYNTAXES

_CALLED, _CALLING = slice(10, 26), slice(26, 42)
_SHORTEST = 74
_ITEM = struct.Struct(">BxH")
_PRESENTATION_CONTEXT = 0x20
_MOST_CONTEXTS = 128  # their IDs are the odd numbers of one byte (PS3.8 9.3.2.2)
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
_REMEMBERED_UP_TO = 8192


class Unsupported(TriageError):
    """The association is to be rejected: its requestor means another protocol."""

    def __init__(self, rejection: Rejection, sentence: str) -> None:
        super().__init__(sentence)
        self.rejection = rejection


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was negotiated.

    Attributes:
        storage_only: every accepted context is of Verification or a storage class. What else is
            proposed is not accepted, and so needs nobody to serve it.
        accept: the A-ASSOCIATE-AC PDU.
        transfer_syntaxes: of the accepted contexts, by presentation context ID.
        peer_maximum_length: of the PDUs that the peer takes, 0 for no limit.
        report_contexts: IDs of the contexts in which the peer reports storage commitment.
    """

    storage_only: bool
    accept: bytes
    transfer_syntaxes: Mapping[int, str]
    peer_maximum_length: int
    report_contexts: frozenset[int]


def titles(request: bytes) -> tuple[str, str]:
    """Return calling and called AE title of an A-ASSOCIATE-RQ PDU, fit to be shown.

    Raises:
        ProtocolError: the PDU is too short to hold them.
    """
    if len(request) < _SHORTEST:
        raise ProtocolError(INVALID_PARAMETER, f"association request of {len(request)} bytes")
    return _shown(request[_CALLING]), _shown(request[_CALLED])


def negotiate(request: bytes, *, takes_reports: bool = False) -> Agreement:
    """Answer a whole A-ASSOCIATE-RQ PDU.

    Storage Commitment is accepted from who proposes to be its SCP alone, and where reports are
    taken: we never are one.

    Raises:
        ProtocolError: it cannot be understood.
        Unsupported: it asks for another protocol than DICOM's.
    """
    # A modality says the same each time, and pynetdicom needs 0.3 ms to 20 ms to understand it.
    known = len(request) <= _REMEMBERED_UP_TO
    chosen = _remembered if known else _negotiate
    return chosen(request, takes_reports=takes_reports)


@lru_cache(maxsize=64)
def _remembered(request: bytes, *, takes_reports: bool) -> Agreement:
    return _negotiate(request, takes_reports=takes_reports)


def _negotiate(request: bytes, *, takes_reports: bool) -> Agreement:
    """Negotiate with pynetdicom, which raises whatever a malformed item makes it stumble over."""
    try:
        _check_contexts(request)
        return _agree(_understand(request), takes_reports=takes_reports)
    except (
        AssertionError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RuntimeError,
        struct.error,
    ) as error:
        reason = f"association request: {type(error).__name__}"
        raise ProtocolError(INVALID_PARAMETER, reason) from error


def _check_contexts(request: bytes) -> None:
    """Refuse more contexts than there are IDs, before a second goes into understanding them."""
    ids: list[int] = []
    place = _SHORTEST
    while place + _ITEM.size < len(request):
        kind, length = _ITEM.unpack_from(request, place)
        if kind == _PRESENTATION_CONTEXT:
            ids.append(request[place + _ITEM.size])
        place += _ITEM.size + length
    if len(ids) > _MOST_CONTEXTS or len(set(ids)) < len(ids):
        reason = f"association request: {len(ids)} contexts, {len(set(ids))} IDs"
        raise ProtocolError(INVALID_PARAMETER, reason)


def _understand(request: bytes) -> A_ASSOCIATE:
    pdu = A_ASSOCIATE_RQ()
    pdu.decode(request)
    asked = pdu.to_primitive()
    contexts = asked.presentation_context_definition_list
    named = all(context.abstract_syntax and context.transfer_syntax for context in contexts)
    whole = named and asked.application_context_name
    if HEADER.size + pdu.pdu_length != len(request) or not whole:
        raise ProtocolError(INVALID_PARAMETER, "association request: contradicts itself")
    if not pdu.protocol_version & 1:
        version = f"protocol version {pdu.protocol_version:#06x}"
        raise Unsupported(PROTOCOL_VERSION_NOT_SUPPORTED, version)
    if asked.application_context_name != APPLICATION_CONTEXT:
        raise Unsupported(APPLICATION_CONTEXT_NOT_SUPPORTED, "another application context")
    return asked


def _agree(asked: A_ASSOCIATE, *, takes_reports: bool) -> Agreement:
    proposed = list(asked.presentation_context_definition_list)
    for context in proposed:
        context.transfer_syntax = [*readable_first(context.transfer_syntax)]
    roles = {
        item.sop_class_uid: (item.scu_role, item.scp_role)
        for item in asked.user_information
        if isinstance(item, SCP_SCU_RoleSelectionNegotiation) and item.sop_class_uid is not None
    }
    supported = [build_context(VERIFICATION)]
    may_be_scp = {uid for uid, (_, scp_role) in roles.items() if scp_role}
    reports = takes_reports and PUSH_MODEL in may_be_scp
    if reports:
        supported.append(report_context())
    agreed, own_roles = negotiate_unrestricted(proposed, supported, roles)
    if reports:
        own_roles.append(report_role())
    return Agreement(
        storage_only=all(
            _is_ours(str(context.abstract_syntax)) for context in agreed if context.result == 0
        ),
        accept=_accept(asked, agreed, own_roles),
        transfer_syntaxes=MappingProxyType(
            {
                int(context.context_id or 0): str(context.transfer_syntax[0])
                for context in agreed
                if context.result == 0
            }
        ),
        peer_maximum_length=int(asked.maximum_length_received or 0),
        report_contexts=frozenset(
            int(context.context_id or 0)
            for context in agreed
            if context.result == 0 and context.abstract_syntax == PUSH_MODEL
        ),
    )


def report_context() -> PresentationContext:
    """Return the context in which a requestor is the SCP, and we are the SCU (PS3.7 D.3.3.4)."""
    context = build_context(PUSH_MODEL, [*SYNTAXES])
    context.scu_role, context.scp_role = False, True  # as the requestor may be
    return context


def report_role() -> SCP_SCU_RoleSelectionNegotiation:
    """Return the item that says so; pynetdicom answers roles of storage classes alone."""
    return build_role(PUSH_MODEL, scu_role=False, scp_role=True)


def _accept(
    asked: A_ASSOCIATE,
    agreed: list[PresentationContext],
    roles: list[SCP_SCU_RoleSelectionNegotiation],
) -> bytes:
    longest = MaximumLengthNotification()
    longest.maximum_length_received = MAXIMUM_LENGTH
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    answer = A_ASSOCIATE()
    answer.application_context_name = asked.application_context_name
    answer.calling_ae_title = asked.calling_ae_title
    answer.called_ae_title = asked.called_ae_title
    answer.result, answer.result_source = 0, 1
    answer.presentation_context_definition_results_list = agreed
    answer.user_information = [longest, implementation, version, *roles]
    pdu = A_ASSOCIATE_AC()
    pdu.from_primitive(answer)
    encoded: bytes = pdu.encode()
    return encoded


def _is_ours(abstract_syntax: str) -> bool:
    return abstract_syntax in {VERIFICATION, PUSH_MODEL} or is_storage(abstract_syntax)


def _shown(title: bytes) -> str:
    text = title.decode("ascii", "replace")
    return "".join(char if char.isprintable() and char.isascii() else "?" for char in text).strip()
