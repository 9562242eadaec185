"""PDUs and command sets as PS3.8 and PS3.7 lay them out, and as nobody should."""

import struct
from collections.abc import Mapping, Sequence
from random import Random

from tests.builders.studies import CR_STORAGE as CR
from tests.builders.studies import EXPLICIT

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ = 1, 2, 3
P_DATA_TF, RELEASE_RQ, RELEASE_RP, A_ABORT = 4, 5, 6, 7
AFFECTED_SOP_CLASS_UID, COMMAND_FIELD, MESSAGE_ID = 0x0002, 0x0100, 0x0110
PRIORITY, DATA_SET_TYPE, STATUS, AFFECTED_SOP_INSTANCE_UID = 0x0700, 0x0800, 0x0900, 0x1000
C_STORE_RQ, C_FIND_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0020, 0x0030, 0x0FFF
VERIFICATION = "1.2.840.10008.1.1"
LONGEST = 131_072
FOUR_GIB = 0xFFFFFFFF

HEADER = struct.Struct(">BxI")
ITEM = struct.Struct(">BxH")
PDV = struct.Struct(">IBB")
ELEMENT = struct.Struct("<HHI")


def announce(kind: int, length: int) -> bytes:
    """Pack the header of a PDU, whatever follows it."""
    return HEADER.pack(kind, length)


def pdu(kind: int, contents: bytes) -> bytes:
    """Pack a PDU (PS3.8 9.3.1)."""
    return announce(kind, len(contents)) + contents


RELEASE = pdu(RELEASE_RQ, bytes(4))
ABORT = pdu(A_ABORT, bytes(4))


def associate_rq(
    contexts: Sequence[tuple[str, Sequence[str]]] = ((CR, (EXPLICIT,)),),
    *,
    calling: str = "CR1",
    called: str = "TRIAGE",
    maximum_length: int = LONGEST,
) -> bytes:
    """Pack an A-ASSOCIATE-RQ (PS3.8 9.3.2); its context IDs are 1, 3, 5 and so on."""
    body = struct.pack(">HH", 1, 0) + _title(called) + _title(calling) + bytes(32)
    body += _item(0x10, b"1.2.840.10008.3.1.1.1")
    for index, (abstract, transfers) in enumerate(contexts):
        syntaxes = b"".join(_item(0x40, transfer.encode()) for transfer in transfers)
        context = bytes((2 * index + 1, 0, 0, 0)) + _item(0x30, abstract.encode()) + syntaxes
        body += _item(0x20, context)
    user = _item(0x51, struct.pack(">I", maximum_length)) + _item(0x52, b"1.2.826.0.1.3680043.10.1")
    return pdu(ASSOCIATE_RQ, body + _item(0x50, user))


def command_set(elements: Mapping[int, bytes]) -> bytes:
    """Encode a command set (PS3.7 6.3.1), whatever its values are."""
    body = b"".join(
        ELEMENT.pack(0, element, len(value)) + value for element, value in sorted(elements.items())
    )
    return ELEMENT.pack(0, 0, 4) + struct.pack("<I", len(body)) + body


def request(field_value: int, *, message_id: int = 1, has_data_set: bool) -> dict[int, bytes]:
    """Return the elements that every request has."""
    return {
        COMMAND_FIELD: struct.pack("<H", field_value),
        MESSAGE_ID: struct.pack("<H", message_id),
        DATA_SET_TYPE: struct.pack("<H", 0x0001 if has_data_set else 0x0101),
    }


def store_rq(
    sop_class_uid: str, sop_instance_uid: str, *, message_id: int = 1, has_data_set: bool = True
) -> bytes:
    """Encode the command set of a C-STORE-RQ (PS3.7 9.3.1.1)."""
    elements = request(C_STORE_RQ, message_id=message_id, has_data_set=has_data_set)
    elements[AFFECTED_SOP_CLASS_UID] = _even(sop_class_uid)
    elements[AFFECTED_SOP_INSTANCE_UID] = _even(sop_instance_uid)
    elements[PRIORITY] = bytes(2)
    return command_set(elements)


def echo_rq(message_id: int = 1) -> bytes:
    """Encode the command set of a C-ECHO-RQ (PS3.7 9.3.5.1)."""
    elements = request(C_ECHO_RQ, message_id=message_id, has_data_set=False)
    return command_set({**elements, AFFECTED_SOP_CLASS_UID: _even(VERIFICATION)})


def pdv(data: bytes, *, context_id: int = 1, command: bool = False, last: bool = True) -> bytes:
    """Pack a presentation data value (PS3.8 9.3.5.1)."""
    return PDV.pack(len(data) + 2, context_id, command | last << 1) + data


def p_data(*pdvs: bytes) -> bytes:
    """Pack presentation data values as one P-DATA-TF."""
    return pdu(P_DATA_TF, b"".join(pdvs))


def message(
    command: bytes, data_set: bytes, *, context_id: int = 1, pdu_length: int = LONGEST
) -> bytes:
    """Pack a request with its data set, if it has one, as PDUs of at most this length."""
    parts = _cut(command, context_id=context_id, command=True, room=pdu_length - PDV.size)
    if data_set:
        parts += _cut(data_set, context_id=context_id, command=False, room=pdu_length - PDV.size)
    return b"".join(parts)


def flipped(data: bytes, randomness: Random, *, flips: int = 1) -> bytes:
    """Turn over some bits."""
    damaged = bytearray(data)
    for _ in range(flips if damaged else 0):
        damaged[randomness.randrange(len(damaged))] ^= 1 << randomness.randrange(8)
    return bytes(damaged)


def _cut(data: bytes, *, context_id: int, command: bool, room: int) -> list[bytes]:
    view, packed, step = memoryview(data), [], max(room, 1)
    for begin in range(0, len(data), step):
        part, last = view[begin : begin + step], begin + step >= len(data)
        control = command | last << 1
        packed.append(announce(P_DATA_TF, len(part) + PDV.size))
        packed.append(PDV.pack(len(part) + 2, context_id, control))
        packed.append(bytes(part))
    return packed


def _item(kind: int, contents: bytes) -> bytes:
    return ITEM.pack(kind, len(contents)) + contents


def _title(ae_title: str) -> bytes:
    return ae_title.encode("latin-1").ljust(16)[:16]


def _even(uid: str) -> bytes:
    value = uid.encode("latin-1")
    return value + bytes(len(value) % 2)
