"""C-FIND at IMAGE level: is this instance at the destination (PS3.4 C.4.1, C.6.2)?"""

from io import BytesIO

from pydicom import Dataset, dcmread
from pynetdicom.dsutils import decode, encode

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
from triage.send.pdu import Accepted, Proposal
from triage.send.stored import EXPLICIT, IMPLICIT, UNREADABLE, StoredObject

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
PROPOSAL = Proposal(STUDY_ROOT_FIND, (EXPLICIT, IMPLICIT))


def look_up(association: Association, stored: StoredObject) -> tuple[int | None, bool]:
    """Ask the destination for an instance by all its unique keys.

    Returns:
        The last status, ``None`` where the query is not offered; and whether it has the instance,
        which only status 0 answers.

    Raises:
        Broken: the association has ended.
        OSError: the object's file cannot be read.
    """
    context = association.agreement.find(STUDY_ROOT_FIND)
    if context is None:
        return None, False
    command: Values = {FIELD: C_FIND_RQ, AFFECTED_CLASS: STUDY_ROOT_FIND, PRIORITY: MEDIUM}
    identifier = encode_in(_identifier(stored), context)
    answers = association.ask(command, identifier, context)
    status = answers[-1].status
    found = [answer for answer in answers if status == 0 and answer.status in PENDING]
    return status, any(_names(answer, stored.sop_instance_uid, context) for answer in found)


def encode_in(dataset: Dataset, context: Accepted) -> bytes:
    """Encode a data set as a context's transfer syntax says.

    Raises:
        ValueError: it cannot be encoded.
    """
    encoded: bytes | None = encode(
        dataset, is_implicit_vr=context.transfer_syntax == IMPLICIT, is_little_endian=True
    )
    if encoded is None:
        raise ValueError("data set cannot be encoded")
    return encoded


def _identifier(stored: StoredObject) -> Dataset:
    keys = ["StudyInstanceUID", "SeriesInstanceUID"]
    source = dcmread(stored.file, stop_before_pixels=True, specific_tags=[*keys])
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "IMAGE"
    for key in keys:
        setattr(identifier, key, source.get(key, ""))
    identifier.SOPInstanceUID = stored.sop_instance_uid
    return identifier


def _names(answer: Message, sop_instance_uid: str, context: Accepted) -> bool:
    """Tell whether an answer names the instance: a peer may ignore keys."""
    try:
        implicit = context.transfer_syntax == IMPLICIT
        found = decode(BytesIO(answer.data_set), is_implicit_vr=implicit, is_little_endian=True)
        return str(found.get("SOPInstanceUID", "")) == sop_instance_uid
    except UNREADABLE as error:
        raise Broken(Failure.GARBLED, "C-FIND response") from error
