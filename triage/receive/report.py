"""The data set of a Storage Commitment report (PS3.4 J.3.3.1, table J.3-2)."""

import struct
from collections.abc import Iterator
from io import BytesIO

from pydicom import Dataset
from pydicom.errors import BytesLengthException
from pynetdicom.dsutils import decode

from triage.domain.commitment import StorageReport
from triage.domain.errors import TriageError

PUSH_MODEL = "1.2.840.10008.1.20.1"
IMPLICIT = "1.2.840.10008.1.2"
SYNTAXES = ("1.2.840.10008.1.2.1", IMPLICIT)
SUCCESSFUL, FAILURES_EXIST = 1, 2
"""Event type IDs."""

INVALID_ARGUMENT, NO_SUCH_EVENT_TYPE, PROCESSING_FAILURE = 0x0115, 0x0113, 0x0110
"""Statuses of an N-EVENT-REPORT-RSP (PS3.7 10.1.1.1.8)."""

LARGEST = 4 * 1024 * 1024
UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    BytesLengthException,
)


class RefusedReport(TriageError):
    """The report is not taken; ``status`` is answered."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def read_report(encoded: bytes, *, transfer_syntax_uid: str, event_type: int) -> StorageReport:
    """Read the event information.

    Raises:
        RefusedReport: it is none.
    """
    if event_type not in {SUCCESSFUL, FAILURES_EXIST}:
        raise RefusedReport(NO_SUCH_EVENT_TYPE, f"event type {event_type}: 1 or 2 (PS3.4 J.3.3)")
    try:
        implicit = transfer_syntax_uid == IMPLICIT
        information = decode(BytesIO(encoded), is_implicit_vr=implicit, is_little_endian=True)
        report = StorageReport(
            transaction_uid=str(information.TransactionUID),
            committed=tuple(uid for uid, _ in _items(information, "ReferencedSOPSequence")),
            failed=dict(_items(information, "FailedSOPSequence")),
        )
    except UNREADABLE as error:
        raise RefusedReport(
            INVALID_ARGUMENT, f"storage commitment report: {type(error).__name__}"
        ) from error
    if not report.transaction_uid:
        raise RefusedReport(INVALID_ARGUMENT, "storage commitment report: no Transaction UID")
    return report


def _items(information: Dataset, keyword: str) -> Iterator[tuple[str, int]]:
    for item in information.get(keyword) or ():
        yield str(item.ReferencedSOPInstanceUID), int(item.get("FailureReason", 0x0110))
