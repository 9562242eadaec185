"""Command sets that a service class user sends and reads (PS3.7 sections 9.3 and 10.3)."""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from triage.domain.command_set import ELEMENT, read_elements
from triage.send.failure import Broken, Failure

C_STORE_RQ, C_FIND_RQ, N_EVENT_REPORT_RQ, N_ACTION_RQ = 0x0001, 0x0020, 0x0100, 0x0130
C_GET_RQ, C_MOVE_RQ, C_CANCEL_RQ = 0x0010, 0x0021, 0x0FFF
C_ECHO_RQ = 0x0030
RESPONSE = 0x8000
MEDIUM = 0
NO_DATA_SET, A_DATA_SET = 0x0101, 0x0001
PENDING = frozenset({0xFF00, 0xFF01})
UNRECOGNIZED_OPERATION = 0x0211
LONGEST = 16_384

AFFECTED_CLASS, REQUESTED_CLASS, FIELD, MESSAGE_ID = 0x0002, 0x0003, 0x0100, 0x0110
RESPONDED_TO, PRIORITY, DATA_SET_TYPE, STATUS = 0x0120, 0x0700, 0x0800, 0x0900
AFFECTED_INSTANCE, REQUESTED_INSTANCE = 0x1000, 0x1001
EVENT_TYPE, ACTION_TYPE = 0x1002, 0x1008
MOVE_DESTINATION, FAILED_OPERATIONS = 0x0600, 0x1022
_US_BYTES = 2

Values = Mapping[int, str | int]
"""Elements of group 0000: UIDs and unsigned shorts."""


@dataclass(frozen=True, slots=True)
class Message:
    """A command set that came, as far as it is needed, and its data set."""

    field: int
    message_id: int
    responded_to: int
    status: int
    event_type: int
    sop_class_uid: str
    sop_instance_uid: str
    has_data_set: bool
    failed_operations: int = 0
    data_set: bytes = b""


class Incoming(Protocol):
    """An instance that a peer stores in our association, piece by piece."""

    def feed(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Take the next bytes of the data set; they are not read after this returns."""

    def finish(self) -> tuple[int, str]:
        """Keep it, or refuse it; return the status to answer and a failure's reason."""

    def cut(self) -> None:
        """Drop what came of an instance whose last byte never came."""


OnStore = Callable[[Message, str], Incoming]
"""Takes a C-STORE-RQ and the transfer syntax of the data set that follows."""


def command_set(values: Values) -> bytes:
    """Encode a command set: Implicit VR Little Endian (PS3.7 6.3.1).

    >>> command_set({STATUS: 0}).hex(" ", -4)
    '00000000 04000000 0a000000 00000009 02000000 0000'
    """
    body = b"".join(_element(number, value) for number, value in sorted(values.items()))
    return ELEMENT.pack(0, 0, 4) + struct.pack("<I", len(body)) + body


def response(request: Message, status: int) -> bytes:
    """Encode the answer to an N-EVENT-REPORT, a C-STORE, or to what we do not serve.

    PS3.7 9.3.1.2 and 10.3.1.2.
    """
    values: dict[int, str | int] = {
        AFFECTED_CLASS: request.sop_class_uid,
        FIELD: request.field | RESPONSE,
        RESPONDED_TO: request.message_id,
        DATA_SET_TYPE: NO_DATA_SET,
        STATUS: status,
    }
    if request.field == C_STORE_RQ:
        values[AFFECTED_INSTANCE] = request.sop_instance_uid
    if request.field == N_EVENT_REPORT_RQ:
        values |= {AFFECTED_INSTANCE: request.sop_instance_uid, EVENT_TYPE: request.event_type}
    return command_set(values)


def read_command(encoded: bytes) -> Message:
    """Read a command set.

    Raises:
        Broken: it is none.
    """
    values = _elements(encoded)
    return Message(
        field=_short(values, FIELD),
        message_id=_short(values, MESSAGE_ID, default=0),
        responded_to=_short(values, RESPONDED_TO, default=0),
        status=_short(values, STATUS, default=0),
        event_type=_short(values, EVENT_TYPE, default=0),
        sop_class_uid=_text(values, AFFECTED_CLASS),
        sop_instance_uid=_text(values, AFFECTED_INSTANCE),
        has_data_set=_short(values, DATA_SET_TYPE) != NO_DATA_SET,
        failed_operations=_short(values, FAILED_OPERATIONS, default=0),
    )


def _element(number: int, value: str | int) -> bytes:
    if isinstance(value, int):
        encoded = value.to_bytes(_US_BYTES, "little")
    else:
        encoded = value.encode("latin-1")
        encoded += bytes(len(encoded) % 2)
    return ELEMENT.pack(0, number, len(encoded)) + encoded


def _elements(encoded: bytes) -> dict[int, bytes]:
    try:
        return read_elements(encoded)
    except ValueError as error:
        raise _broken(str(error)) from error


def _short(values: Mapping[int, bytes], number: int, *, default: int | None = None) -> int:
    value = values.get(number)
    if value is None and default is not None:
        return default
    if value is None or len(value) != _US_BYTES:
        raise _broken(f"element 0000{number:04X} is missing or is no US")
    return int.from_bytes(value, "little")


def _text(values: Mapping[int, bytes], number: int) -> str:
    return values.get(number, b"").decode("latin-1").strip("\0 ")


def _broken(what: str) -> Broken:
    return Broken(Failure.GARBLED, f"command set: {what}")
