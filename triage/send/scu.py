"""The Storage SCU: one stored object to one destination, and what each answer means."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydicom.errors import InvalidDicomError

from triage.domain.errors import DeliveryError, DeliveryParked, DeliveryPostponed
from triage.domain.study import Peer
from triage.send.association import Association
from triage.send.failure import Broken, Failure
from triage.send.message import (
    AFFECTED_CLASS,
    AFFECTED_INSTANCE,
    C_STORE_RQ,
    FIELD,
    MEDIUM,
    PRIORITY,
    Values,
)
from triage.send.pdu import Accepted
from triage.send.stored import StoredObject, stored_object
from triage.settings.tls import Handshake


class Verdict(StrEnum):
    """What is done about an answer."""

    STORED = "stored"
    RETRY = "retry"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means, and in which words."""

    verdict: Verdict
    words: str


def _each(verdict: Verdict, words: Mapping[int, str]) -> list[tuple[range, Meaning]]:
    return [(range(code, code + 1), Meaning(verdict, said)) for code, said in words.items()]


STATUSES: tuple[tuple[range, Meaning], ...] = (
    # Stored, some with a remark (PS3.4 B.2.3, PS3.7 C.4 and 9.1.1.1.9).
    *_each(
        Verdict.STORED,
        {
            0x0000: "success",
            0x0001: "warning",
            0x0107: "attribute list error, a warning",
            0x0111: "duplicate SOP instance: the same UID is the same bytes, so it is there",
            0x0116: "attribute value out of range, a warning",
            0xB000: "coercion of data elements",
            0xB006: "elements discarded",
            0xB007: "data set does not match SOP class, a warning",
        },
    ),
    (range(0xB000, 0xC000), Meaning(Verdict.STORED, "warning")),
    # Not now.
    (range(0xA700, 0xA800), Meaning(Verdict.RETRY, "out of resources")),
    *_each(
        Verdict.RETRY,
        {
            0x0110: "processing failure",
            0x0210: "duplicate invocation",
            0x0213: "resource limitation",
            0xFE00: "cancelled",
        },
    ),
    # Never, until a person has changed something.
    (range(0xA900, 0xAA00), Meaning(Verdict.PARK, "data set does not match SOP class")),
    (range(0xC000, 0xD000), Meaning(Verdict.PARK, "cannot understand")),
    *_each(
        Verdict.PARK,
        {
            0x0105: "no such attribute",
            0x0106: "invalid attribute value",
            0x0112: "no such SOP instance",
            0x0113: "no such event type",
            0x0114: "no such argument",
            0x0115: "invalid argument value",
            0x0117: "invalid object instance",
            0x0118: "no such SOP class",
            0x0119: "class-instance conflict",
            0x0120: "missing attribute",
            0x0121: "missing attribute value",
            0x0122: "SOP class not supported",
            0x0123: "no such action",
            0x0124: "not authorized",
            0x0211: "unrecognized operation",
            0x0212: "mistyped argument",
            0xA800: "SOP class not supported",
        },
    ),
    # What no standard names is no refusal for good.
    (range(0x10000), Meaning(Verdict.RETRY, "unknown status")),
)
"""Each status of a C-STORE-RSP; the first range that holds it counts."""

FAILURES: Mapping[Failure, Verdict] = dict.fromkeys(Failure, Verdict.RETRY)
"""Each way in which no status comes: a peer that is away, restarts or hangs comes back by itself.

A permanent rejection is none of the object's: it goes through once the peer knows our title.
"""


def meaning(status: int) -> Meaning:
    """Return what a status means.

    >>> meaning(0xA701).verdict.value, meaning(0xC123).verdict.value, meaning(0x0111).verdict.value
    ('retry', 'park', 'stored')
    """
    return next(found for codes, found in STATUSES if status in codes)


def store(association: Association, stored: StoredObject, *, peer: Peer) -> str:
    """Store one object in an association.

    Returns:
        The answer in words, such as ``0x0000``.

    Raises:
        DeliveryPostponed: the destination may accept the object later.
        DeliveryParked: the destination refuses such an object.
    """
    try:
        status = status_of_store(association, stored, peer=peer)
    except Broken as broken:
        raise failed(broken, peer, in_doubt=True) from broken
    return judge(status, peer)


def status_of_store(association: Association, stored: StoredObject, *, peer: Peer) -> int:
    """Store one object in an association, and return the status as it is.

    Raises:
        Broken: the association has ended; the object may have arrived.
        DeliveryParked: the destination accepts no context for it, or it cannot be read.
    """
    context = accepted_context(association, stored, peer=peer)
    try:
        data_set = stored.data_set(context.transfer_syntax)
    except (OSError, InvalidDicomError, ValueError) as error:
        raise DeliveryParked(f"the stored object cannot be read: {type(error).__name__}") from error
    command: Values = {
        FIELD: C_STORE_RQ,
        AFFECTED_CLASS: stored.sop_class_uid,
        AFFECTED_INSTANCE: stored.sop_instance_uid,
        PRIORITY: MEDIUM,
    }
    return association.ask(command, data_set, context)[-1].status


def accepted_context(association: Association, stored: StoredObject, *, peer: Peer) -> Accepted:
    """Return the first context of the declared order that the destination accepted.

    Raises:
        DeliveryParked: it accepted none.
    """
    for proposal in stored.proposals:
        syntax = proposal.transfer_syntaxes[0]
        found = association.agreement.find(stored.sop_class_uid, syntax)
        if found is not None:
            return found
    raise DeliveryParked(
        f"{peer} accepts no presentation context for {stored.sop_class_uid}"
        f" in {' or '.join(each.transfer_syntaxes[0] for each in stored.proposals)}"
    )


def judge(status: int, peer: Peer) -> str:
    """Turn the status of a C-STORE-RSP into an answer, or raise what it means."""
    found = meaning(status)
    said = f"{status:#06x}"
    if found.verdict is Verdict.STORED:
        return said
    sentence = f"{peer} answered {said}: {found.words}"
    if found.verdict is Verdict.PARK:
        raise DeliveryParked(sentence)
    raise DeliveryPostponed(sentence)


def failed(
    broken: Broken, peer: Peer, *, in_doubt: bool = False, reached: bool = True
) -> DeliveryError:
    """Turn a broken association into what is done about the delivery."""
    sentence = f"{peer} {broken}"
    if FAILURES[broken.failure] is Verdict.PARK:
        return DeliveryParked(sentence)
    return DeliveryPostponed(sentence, in_doubt=in_doubt, reached=reached)


def deliver(
    object_file: Path,
    peer: Peer,
    *,
    calling_ae_title: str,
    timeout_s: float,
    tls: Handshake | None = None,
) -> str:
    """Store one Part 10 object in an association of its own.

    Args:
        object_file: the encoded object; its bytes are sent as they are.
        peer: the destination.
        calling_ae_title: own AE title.
        timeout_s: for the connection, for each answer, and for silence on the line.
        tls: with it the connection begins with a handshake.

    Returns:
        The answer in words, such as ``0x0000``.

    Raises:
        DeliveryPostponed: the destination could not be reached, was out of resources, or
            went away; it may accept the object later.
        DeliveryParked: the destination refuses such an object.
    """
    stored = stored_object(object_file)
    try:
        association = Association(
            peer,
            calling_ae_title=calling_ae_title,
            proposals=stored.proposals,
            timeout_s=timeout_s,
            tls=tls,
        )
    except Broken as broken:
        raise failed(broken, peer, reached=False) from broken
    try:
        return store(association, stored, peer=peer)
    finally:
        association.release()
