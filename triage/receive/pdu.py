"""Upper layer PDUs that the listener packs and reads by itself (PS3.8 section 9.3)."""

import struct
from dataclasses import dataclass

from triage.domain.errors import TriageError

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA_TF = 0x01, 0x02, 0x03, 0x04
RELEASE_RQ, RELEASE_RP, ABORT = 0x05, 0x06, 0x07

HEADER = struct.Struct(">BxI")
"""PDU type, a reserved byte, and the length of what follows."""

PDV_HEADER = struct.Struct(">IBB")
"""Length of what follows, presentation context ID, message control header (9.3.5.1, E.2)."""

COMMAND, LAST = 0x01, 0x02
"""Bits of the message control header."""

MAXIMUM_LENGTH = 131_072
"""Of the P-DATA-TF PDUs that we receive: DCMTK sends no longer ones."""

RELEASE_REPLY = HEADER.pack(RELEASE_RP, 4) + bytes(4)


@dataclass(frozen=True, slots=True)
class Rejection:
    """Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    result: int
    source: int
    reason: int

    def encode(self) -> bytes:
        """Return the PDU."""
        return HEADER.pack(ASSOCIATE_RJ, 4) + bytes((0, self.result, self.source, self.reason))


CALLING_AE_NOT_RECOGNIZED = Rejection(1, 1, 3)
CALLED_AE_NOT_RECOGNIZED = Rejection(1, 1, 7)
LOCAL_LIMIT_EXCEEDED = Rejection(2, 3, 2)
APPLICATION_CONTEXT_NOT_SUPPORTED = Rejection(1, 1, 2)
PROTOCOL_VERSION_NOT_SUPPORTED = Rejection(1, 2, 2)

UNRECOGNIZED_PDU, UNEXPECTED_PDU, INVALID_PARAMETER = 1, 2, 6
"""Reasons of an A-ABORT by the service provider (PS3.8 9.3.8)."""


class ProtocolError(TriageError):
    """The peer broke the upper layer protocol; ``reason`` is that of the A-ABORT to send."""

    def __init__(self, reason: int, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason

    def encode(self) -> bytes:
        """Return the A-ABORT PDU, from the service provider."""
        return abort(source=2, reason=self.reason)


def abort(*, source: int, reason: int) -> bytes:
    """Pack an A-ABORT PDU."""
    return HEADER.pack(ABORT, 4) + bytes((0, 0, source, reason))


def p_data(message: bytes, *, context_id: int, control: int, maximum_length: int) -> bytes:
    """Pack a message as P-DATA-TF PDUs that are no longer than the peer takes.

    Args:
        message: the whole command set or data set.
        context_id: the presentation context ID.
        control: ``COMMAND`` or 0; the last fragment gets ``LAST`` too.
        maximum_length: the peer's, 0 for no limit.
    """
    room = (maximum_length or MAXIMUM_LENGTH) - PDV_HEADER.size
    room = max(room, 2)
    packed = []
    for begin in range(0, len(message), room):
        part = message[begin : begin + room]
        last = LAST if begin + room >= len(message) else 0
        packed.append(HEADER.pack(P_DATA_TF, len(part) + PDV_HEADER.size))
        packed.append(PDV_HEADER.pack(len(part) + 2, context_id, control | last))
        packed.append(part)
    return b"".join(packed)
