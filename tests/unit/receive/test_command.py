import struct
from io import BytesIO

import pytest
from pydicom.uid import UID
from pynetdicom import dimse_messages
from pynetdicom.dimse_primitives import C_ECHO, C_STORE
from pynetdicom.dsutils import decode, encode

from tests.builders.dataset import CR
from tests.builders.studies import FILM
from triage.receive.command import (
    C_ECHO_RQ,
    C_STORE_RQ,
    Command,
    read_command,
    respond,
)
from triage.receive.pdu import ProtocolError

STORE = Command(C_STORE_RQ, 7, True, CR, FILM)


def encoded(message: dimse_messages.DIMSEMessage) -> bytes:
    """Encode a command set as pynetdicom does."""
    return encode(message.command_set, True, True) or b""


def element(tag: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, tag, len(value)) + value


def test_a_store_request_of_pynetdicom_is_read() -> None:
    request, message = C_STORE(), dimse_messages.C_STORE_RQ()
    request.MessageID, request.Priority = 7, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = UID(CR), UID(FILM)
    request.DataSet = BytesIO(b"1234")
    message.primitive_to_message(request)

    assert read_command(encoded(message)) == STORE


def test_an_echo_request_of_pynetdicom_has_no_data_set() -> None:
    request, message = C_ECHO(), dimse_messages.C_ECHO_RQ()
    request.MessageID = 9
    message.primitive_to_message(request)

    command = read_command(encoded(message))

    assert (command.field, command.message_id, command.has_data_set) == (C_ECHO_RQ, 9, False)


def test_a_response_is_what_pydicom_reads() -> None:
    answer = decode(BytesIO(respond(STORE, 0xA700, "spool: No space left on device")), True, True)

    assert (answer.CommandField, answer.MessageIDBeingRespondedTo) == (0x8001, 7)
    assert (answer.Status, answer.ErrorComment) == (0xA700, "spool: No space left on device")
    assert (answer.AffectedSOPClassUID, answer.AffectedSOPInstanceUID) == (CR, FILM)
    assert answer.CommandGroupLength == len(respond(STORE, 0xA700, "x" * 30)) - 12


def test_a_comment_is_no_longer_than_the_standard_lets_it_be() -> None:
    answer = decode(BytesIO(respond(STORE, 0xA700, "é" + "x" * 100)), True, True)

    assert answer.ErrorComment == "?" + "x" * 63


def test_what_a_peer_sent_as_its_uids_comes_back_as_it_was() -> None:
    command = read_command(
        element(0x0002, b"../../x\0")
        + element(0x0100, b"\1\0")
        + element(0x0110, b"\1\0")
        + element(0x0800, b"\0\0")
        + element(0x1000, b"1.2\xff\0")
    )

    assert command.sop_class_uid == "../../x"
    assert b"1.2\xff" in respond(command, 0)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\0\0\0\1\2",
        element(0x0100, b"\1\0") + b"\0\0",
        element(0x0100, b"\1\0\0\0") + element(0x0800, b"\1\1"),
        struct.pack("<HHI", 0, 0x0100, 0xFFFFFFFF),
        struct.pack("<HHI", 8, 0x0016, 0),
    ],
)
def test_what_is_no_command_set_is_an_error_of_the_protocol(broken: bytes) -> None:
    with pytest.raises(ProtocolError, match="command set: "):
        read_command(broken)
