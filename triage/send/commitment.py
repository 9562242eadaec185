"""Storage Commitment as a service class user: the request (PS3.4 J.3.2)."""

from collections.abc import Sequence

from pydicom import Dataset

from triage.send.association import Association
from triage.send.message import (
    ACTION_TYPE,
    FIELD,
    N_ACTION_RQ,
    REQUESTED_CLASS,
    REQUESTED_INSTANCE,
    Values,
)
from triage.send.pdu import Proposal
from triage.send.query import encode_in
from triage.send.stored import EXPLICIT, IMPLICIT

PUSH_MODEL = "1.2.840.10008.1.20.1"
PUSH_MODEL_INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST_STORAGE_COMMITMENT = 1
PROPOSAL = Proposal(PUSH_MODEL, (EXPLICIT, IMPLICIT))

Reference = tuple[str, str]
"""SOP class and SOP instance UID."""


def request_commitment(
    association: Association, *, transaction_uid: str, references: Sequence[Reference]
) -> int | None:
    """Ask a destination to take responsibility for instances that it has stored.

    Args:
        association: an open one.
        transaction_uid: by which it will report.
        references: what was stored.

    Returns:
        The status of its answer; ``None`` where it does not offer Storage Commitment.

    Raises:
        Broken: the association has ended; a report may come all the same.
    """
    context = association.agreement.find(PUSH_MODEL)
    if context is None:
        return None
    information = Dataset()
    information.TransactionUID = transaction_uid
    information.ReferencedSOPSequence = [_item(*reference) for reference in references]
    command: Values = {
        FIELD: N_ACTION_RQ,
        REQUESTED_CLASS: PUSH_MODEL,
        REQUESTED_INSTANCE: PUSH_MODEL_INSTANCE,
        ACTION_TYPE: REQUEST_STORAGE_COMMITMENT,
    }
    return association.ask(command, encode_in(information, context), context)[-1].status


def _item(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item
