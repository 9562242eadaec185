"""What a PACS reports of the storage that it was asked to commit to."""

from collections.abc import Mapping
from dataclasses import dataclass

FAILURE_REASONS: Mapping[int, str] = {
    0x0110: "processing failure",
    0x0112: "no such object instance",
    0x0119: "class-instance conflict",
    0x0122: "referenced SOP class not supported",
    0x0131: "duplicate transaction UID",
    0x0213: "resource limitation",
}
"""(0008,1197) *Failure Reason* (PS3.3 C.14.1.1)."""


@dataclass(frozen=True, slots=True)
class StorageReport:
    """A Storage Commitment result (PS3.4 J.3.3).

    ``committed`` are SOP Instance UIDs; ``failed`` gives each other one its failure reason.
    """

    transaction_uid: str
    committed: tuple[str, ...]
    failed: Mapping[str, int]


def why(reason: int) -> str:
    """Put a failure reason into words.

    >>> why(0x0112)
    '0x0112: no such object instance'
    """
    words = FAILURE_REASONS.get(reason, "reason unknown to the standard")
    return f"{reason:#06x}: {words}"
