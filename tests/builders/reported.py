"""Storage Commitment reports as a PACS encodes them."""

from collections.abc import Mapping, Sequence

from pydicom import Dataset

from tests.builders.dataset import encoded
from tests.builders.studies import EXPLICIT

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
