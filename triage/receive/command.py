"""Command sets of the services that the listener speaks by itself (PS3.7 9.3 and 10.3.1)."""

import struct
from dataclasses import dataclass

from triage.domain.command_set import ELEMENT, read_elements
from triage.receive.pdu import INVALID_PARAMETER, ProtocolError

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ, N_EVENT_REPORT_RQ = 0x0001, 0x0030, 0x0FFF, 0x0100
RESPONSE = 0x8000
NO_DATA_SET = 0x0101
LONGEST = 16_384
LONGEST_COMMENT = 64
US_BYTES = 2

AFFECTED_SOP_CLASS_UID, COMMAND_FIELD, MESSAGE_ID = 0x0002, 0x0100, 0x0110
MESSAGE_ID_BEING_RESPONDED_TO, DATA_SET_TYPE, STATUS = 0x0120, 0x0800, 0x0900
ERROR_COMMENT, AFFECTED_SOP_INSTANCE_UID, EVENT_TYPE_ID = 0x0902, 0x1000, 0x1002


@dataclass(frozen=True, slots=True)
class Command:
    """A request, as far as storage and verification need it.

    The UIDs are what was sent, without its padding; they may be no UIDs at all.
    """

    field: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str
    event_type: int = 0


def read_command(encoded: bytes) -> Command:
    """Read a command set: always Implicit VR Little Endian, group 0000 (PS3.7 6.3.1).

    Raises:
        ProtocolError: it is cut short, or lacks what every request has.
    """
    values = _elements(encoded)
    return Command(
        field=_short(values, COMMAND_FIELD),
        message_id=_short(values, MESSAGE_ID),
        has_data_set=_short(values, DATA_SET_TYPE) != NO_DATA_SET,
        sop_class_uid=_text(values, AFFECTED_SOP_CLASS_UID),
        sop_instance_uid=_text(values, AFFECTED_SOP_INSTANCE_UID),
        event_type=int.from_bytes(values.get(EVENT_TYPE_ID, b"")[:US_BYTES], "little"),
    )


def respond(command: Command, status: int, comment: str = "") -> bytes:
    """Encode the response to a request; a failure's comment goes along, cut to 64 bytes."""
    elements = [
        _ui(AFFECTED_SOP_CLASS_UID, command.sop_class_uid),
        _us(COMMAND_FIELD, command.field | RESPONSE),
        _us(MESSAGE_ID_BEING_RESPONDED_TO, command.message_id),
        _us(DATA_SET_TYPE, NO_DATA_SET),
        _us(STATUS, status),
    ]
    if comment:
        elements.append(_element(ERROR_COMMENT, comment.encode("ascii", "replace"), pad=b" "))
    if command.field in {C_STORE_RQ, N_EVENT_REPORT_RQ}:
        elements.append(_ui(AFFECTED_SOP_INSTANCE_UID, command.sop_instance_uid))
    if command.field == N_EVENT_REPORT_RQ:
        elements.append(_us(EVENT_TYPE_ID, command.event_type))
    body = b"".join(elements)
    return ELEMENT.pack(0, 0, 4) + struct.pack("<I", len(body)) + body


def _elements(encoded: bytes) -> dict[int, bytes]:
    try:
        return read_elements(encoded)
    except ValueError as error:
        raise _broken(str(error)) from error


def _short(values: dict[int, bytes], element: int) -> int:
    value = values.get(element)
    if element == MESSAGE_ID and value is None:
        return 0  # a C-CANCEL has none
    if value is None or len(value) != US_BYTES:
        raise _broken(f"element 0000{element:04X} is missing or is no US")
    return int.from_bytes(value, "little")


def _text(values: dict[int, bytes], element: int) -> str:
    return values.get(element, b"").decode("latin-1").strip("\0 ")


def _us(element: int, value: int) -> bytes:
    return ELEMENT.pack(0, element, US_BYTES) + value.to_bytes(US_BYTES, "little")


def _ui(element: int, uid: str) -> bytes:
    return _element(element, uid.encode("latin-1"), pad=b"\0")


def _element(element: int, value: bytes, *, pad: bytes) -> bytes:
    value = value if element != ERROR_COMMENT else value[:LONGEST_COMMENT]
    value += pad * (len(value) % 2)
    return ELEMENT.pack(0, element, len(value)) + value


def _broken(what: str) -> ProtocolError:
    return ProtocolError(INVALID_PARAMETER, f"command set: {what}")
