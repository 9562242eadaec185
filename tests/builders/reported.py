"""Storage Commitment reports as a PACS encodes them."""

import struct
from collections.abc import Mapping, Sequence

from pydicom import Dataset

from tests.builders.dataset import encoded
from tests.builders.pdus import (
    AFFECTED_SOP_CLASS_UID,
    AFFECTED_SOP_INSTANCE_UID,
    COMMAND_FIELD,
    DATA_SET_TYPE,
    MESSAGE_ID,
    command_set,
    message,
)
from tests.builders.scripted import Heard
from tests.builders.studies import EXPLICIT
from triage.receive.report import read_report
from triage.send.commitment import PUSH_MODEL, PUSH_MODEL_INSTANCE

SC = "1.2.840.10008.5.1.4.1.1.7"


def report_data_set(
    transaction_uid: str,
    *,
    committed: Sequence[str] = (),
    failed: Mapping[str, int] | None = None,
    transfer_syntax_uid: str = EXPLICIT,
) -> bytes:
    """Encode the event information of an N-EVENT-REPORT (PS3.4 J.3.3.1)."""
    information = Dataset()
    information.TransactionUID = transaction_uid
    if committed:
        information.ReferencedSOPSequence = [_item(uid) for uid in committed]
    if failed:
        information.FailedSOPSequence = [_item(uid, reason) for uid, reason in failed.items()]
    return encoded(information, transfer_syntax_uid=transfer_syntax_uid)


def _item(sop_instance_uid: str, reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = SC
    item.ReferencedSOPInstanceUID = sop_instance_uid
    if reason is not None:
        item.FailureReason = reason
    return item


def told(heard: Heard, *, denied: int | None, transaction_uid: str | None = None) -> bytes:
    """Pack the report that answers a request."""
    request = read_report(heard.data_set, transfer_syntax_uid=EXPLICIT, event_type=1)
    failed = {} if denied is None else dict.fromkeys(request.committed, denied)
    data_set = report_data_set(
        transaction_uid or request.transaction_uid,
        committed=request.committed if denied is None else (),
        failed=failed,
    )
    command = {
        COMMAND_FIELD: struct.pack("<H", 0x0100),
        MESSAGE_ID: struct.pack("<H", 77),
        DATA_SET_TYPE: struct.pack("<H", 1),
        AFFECTED_SOP_CLASS_UID: PUSH_MODEL.encode(),
        AFFECTED_SOP_INSTANCE_UID: PUSH_MODEL_INSTANCE.encode(),
        0x1002: struct.pack("<H", 1 if denied is None else 2),
    }
    return message(command_set(command), data_set, context_id=heard.context_id)
