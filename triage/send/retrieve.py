"""C-MOVE and C-GET: let a PACS send what is missing (PS3.4 C.4.2, C.4.3)."""

from dataclasses import dataclass

from pydicom import Dataset

from triage.send.association import Association
from triage.send.message import (
    AFFECTED_CLASS,
    C_GET_RQ,
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

STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3"
FILM_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.1",  # Computed Radiography Image
    "1.2.840.10008.5.1.4.1.1.1.1",  # Digital X-Ray Image, for presentation
    "1.2.840.10008.5.1.4.1.1.1.1.1",  # Digital X-Ray Image, for processing
    "1.2.840.10008.5.1.4.1.1.7",  # Secondary Capture Image, in which many a film is wrapped
)
"""What a series of films holds; a context for each in each transfer syntax."""

STATUSES: tuple[tuple[range, str], ...] = (
    (range(1), "success"),
    (range(0xA701, 0xA702), "out of resources: the number of matches is unknown"),
    (range(0xA702, 0xA703), "out of resources: nothing can be sent now"),
    (range(0xA700, 0xA800), "out of resources"),
    (range(0xA801, 0xA802), "move destination unknown: the PACS does not know our AE title"),
    (range(0xA900, 0xAA00), "identifier does not match SOP class"),
    (range(0xB000, 0xB001), "some were not sent"),
    (range(0xC000, 0xD000), "unable to process"),
    (range(0x0122, 0x0123), "SOP class not supported"),
    (range(0x0124, 0x0125), "not authorized"),
    (range(0xFE00, 0xFE01), "cancelled"),
)
"""Of a last C-MOVE-RSP or C-GET-RSP (PS3.4 C.4.2.1.5, C.4.3.1.4)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A study, a series of it, or one instance of that; what is empty is not named."""

    study_uid: str
    series_uid: str = ""
    sop_instance_uid: str = ""


def move_proposals() -> list[Proposal]:
    """Propose what a C-MOVE needs."""
    return [Proposal(STUDY_ROOT_MOVE, (EXPLICIT, IMPLICIT))]


def get_proposals(transfer_syntaxes: tuple[str, ...]) -> list[Proposal]:
    """Propose what a C-GET needs: a context for each class of films in each transfer syntax.

    In a context with several syntaxes the peer would choose one before it knows the film.
    """
    films = [
        Proposal(sop_class, (syntax,), as_scp=True)
        for sop_class in FILM_CLASSES
        for syntax in transfer_syntaxes
    ]
    return [Proposal(STUDY_ROOT_GET, (EXPLICIT, IMPLICIT)), *films]


def move(association: Association, wanted: Wanted, *, to_ae_title: str) -> str | None:
    """Let the PACS send to an application entity that it knows by title.

    Returns:
        ``None`` after success, else in words why not everything was sent.

    Raises:
        Broken: the association has ended.
    """
    return _said(answer_to_move(association, wanted, to_ae_title=to_ae_title))


def answer_to_move(association: Association, wanted: Wanted, *, to_ae_title: str) -> Message | None:
    """Ask the same; return the last response as it is, ``None`` where C-MOVE is not offered.

    Raises:
        Broken: the association has ended.
    """
    values: Values = {
        FIELD: C_MOVE_RQ,
        AFFECTED_CLASS: STUDY_ROOT_MOVE,
        PRIORITY: MEDIUM,
        MOVE_DESTINATION: to_ae_title + " " * (len(to_ae_title) % 2),  # PS3.5 6.2: no NUL
    }
    return _last_answer(association, wanted, values)


def get(association: Association, wanted: Wanted) -> str | None:
    """Let the PACS send in this association, which then takes what is stored.

    Returns:
        ``None`` after success, else in words why not everything was sent.

    Raises:
        Broken: the association has ended.
    """
    values: Values = {FIELD: C_GET_RQ, AFFECTED_CLASS: STUDY_ROOT_GET, PRIORITY: MEDIUM}
    return _said(_last_answer(association, wanted, values))


def _last_answer(association: Association, wanted: Wanted, values: Values) -> Message | None:
    context = association.agreement.find(str(values[AFFECTED_CLASS]))
    if context is None:
        return None
    encoded = encode_in(_identifier(wanted), context)
    *_, last = association.answers(values, encoded, context)
    return last


def _said(answer: Message | None) -> str | None:
    if answer is None:
        return "the retrieval is not offered"
    status, failed = answer.status, answer.failed_operations
    if status == 0 and not failed:
        return None
    words = next((words for codes, words in STATUSES if status in codes), "unknown status")
    return f"{status:#06x}: {words}" + (f", {failed} failed" if failed else "")


def _identifier(wanted: Wanted) -> Dataset:
    keys = {
        "StudyInstanceUID": wanted.study_uid,
        "SeriesInstanceUID": wanted.series_uid,
        "SOPInstanceUID": wanted.sop_instance_uid,
    }
    identifier = Dataset()
    for level, (name, value) in zip(("STUDY", "SERIES", "IMAGE"), keys.items(), strict=True):
        if value:
            identifier.QueryRetrieveLevel = level
            setattr(identifier, name, value)
    return identifier
