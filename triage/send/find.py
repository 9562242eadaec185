"""C-FIND: every match of a query, and what was wrong with the answer (PS3.4 C.4.1, K.4.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Generic, TypeVar

from pydicom import Dataset
from pynetdicom.dsutils import decode

from triage.send.association import Association
from triage.send.failure import Broken, Failure
from triage.send.message import (
    AFFECTED_CLASS,
    C_FIND_RQ,
    FIELD,
    MEDIUM,
    PENDING,
    PRIORITY,
    Message,
    Values,
)
from triage.send.pdu import Accepted
from triage.send.query import encode_in
from triage.send.stored import IMPLICIT, UNREADABLE

MOST_AFTER_CANCEL = 10_000
"""So many matches may be on their way when the peer hears that it should end."""

T = TypeVar("T")

STATUSES: tuple[tuple[range, str], ...] = (
    (range(0xA700, 0xA800), "out of resources"),
    (range(0xA900, 0xAA00), "identifier does not match SOP class"),
    (range(0xC000, 0xD000), "unable to process"),
    (range(0x0122, 0x0123), "SOP class not supported"),
    (range(0x0124, 0x0125), "not authorized"),
    (range(0xFE00, 0xFE01), "cancelled"),
)
"""Of a C-FIND-RSP that ends without success (PS3.4 C.4.1.1.4)."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The matches of a query.

    ``failure`` says in words why there may be more, ``None`` where these are all.
    """

    matches: tuple[T, ...]
    failure: str | None = None


def find(
    association: Association,
    sop_class_uid: str,
    identifier: Dataset,
    *,
    read: Callable[[Dataset], T | None],
    most: int,
    most_after_cancel: int = MOST_AFTER_CANCEL,
) -> Found[T]:
    """Ask a peer.

    Args:
        association: an open one.
        sop_class_uid: of the query.
        identifier: the keys.
        read: takes of a match what is wanted; ``None`` where that is not there.
        most: matches; with one more the query is cancelled.
        most_after_cancel: matches that may still come then.

    Raises:
        Broken: the association has ended.
    """
    context = association.agreement.find(sop_class_uid)
    if context is None:
        return Found((), "the query is not offered")
    command: Values = {FIELD: C_FIND_RQ, AFFECTED_CLASS: sop_class_uid, PRIORITY: MEDIUM}
    matches: list[T] = []
    seen = 0
    for answer in association.answers(command, encode_in(identifier, context), context):
        if answer.status not in PENDING:
            return Found(tuple(matches), _failure(answer.status, seen, len(matches), most))
        seen += 1
        if seen > most:
            _end(association, context, seen - most, most_after_cancel)
            continue
        match = _read(answer, context, read)
        if match is not None:
            matches.append(match)
    raise Broken(Failure.GARBLED, "no last answer")


def _end(association: Association, context: Accepted, beyond: int, most: int) -> None:
    """Cancel a query that brings too much, once; end an association that brings it still."""
    if beyond == 1:
        association.cancel(context)
    elif beyond > most:
        association.abort()
        raise Broken(Failure.GARBLED, "matches go on after the query was cancelled")


def _read(answer: Message, context: Accepted, read: Callable[[Dataset], T | None]) -> T | None:
    """Read a match; one that cannot be read costs the others nothing."""
    try:
        implicit = context.transfer_syntax == IMPLICIT
        return read(
            decode(BytesIO(answer.data_set), is_implicit_vr=implicit, is_little_endian=True)
        )
    except UNREADABLE:
        return None


def _failure(status: int, seen: int, read: int, most: int) -> str | None:
    said = []
    if seen > most:
        said.append(f"more than {most} matches")
    elif status != 0:
        words = next((words for codes, words in STATUSES if status in codes), "unknown status")
        said.append(f"{status:#06x}: {words}")
    if unread := min(seen, most) - read:
        said.append(f"{unread} matches cannot be read")
    return "; ".join(said) or None
