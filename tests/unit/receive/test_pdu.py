import pytest
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ, A_RELEASE_RP, P_DATA_TF

from triage.receive.pdu import (
    COMMAND,
    LOCAL_LIMIT_EXCEEDED,
    RELEASE_REPLY,
    UNEXPECTED_PDU,
    ProtocolError,
    abort,
    p_data,
)


def pdus(encoded: bytes) -> list[bytes]:
    found = []
    while encoded:
        length = 6 + int.from_bytes(encoded[2:6], "big")
        found.append(encoded[:length])
        encoded = encoded[length:]
    return found


def fragments(encoded: bytes) -> list[tuple[int | None, bytes]]:
    """Return context ID, and message control header with contents, as pynetdicom reads them."""
    found = []
    for each in pdus(encoded):
        pdu = P_DATA_TF()
        pdu.decode(each)
        (item,) = pdu.presentation_data_value_items
        found.append((item.presentation_context_id, item.presentation_data_value or b""))
    return found


def test_a_short_message_is_one_fragment() -> None:
    packed = p_data(b"message", context_id=3, control=COMMAND, maximum_length=16384)

    assert fragments(packed) == [(3, b"\x03message")]


@pytest.mark.parametrize("maximum_length", [8, 9, 10, 12, 13])
def test_a_long_message_is_cut_to_what_the_peer_takes(maximum_length: int) -> None:
    packed = p_data(b"message", context_id=1, control=COMMAND, maximum_length=maximum_length)

    parts = [value for _, value in fragments(packed)]
    assert b"".join(part[1:] for part in parts) == b"message"
    assert [part[0] for part in parts] == [COMMAND] * (len(parts) - 1) + [COMMAND | 2]
    assert max(len(each) - 6 for each in pdus(packed)) <= maximum_length


def test_no_limit_is_no_limit() -> None:
    assert len(pdus(p_data(bytes(9000), context_id=1, control=0, maximum_length=0))) == 1


def test_a_rejection_is_what_pynetdicom_reads() -> None:
    pdu = A_ASSOCIATE_RJ()
    pdu.decode(LOCAL_LIMIT_EXCEEDED.encode())

    assert (pdu.result, pdu.source, pdu.reason_diagnostic) == (2, 3, 2)


def test_an_abort_is_what_pynetdicom_reads() -> None:
    pdu = A_ABORT_RQ()
    pdu.decode(ProtocolError(UNEXPECTED_PDU, "a command inside a data set").encode())

    assert (pdu.source, pdu.reason_diagnostic) == (2, UNEXPECTED_PDU)
    assert abort(source=0, reason=0)[-2:] == b"\0\0"


def test_the_reply_to_a_release_is_what_pynetdicom_reads() -> None:
    pdu = A_RELEASE_RP()
    pdu.decode(RELEASE_REPLY)

    assert pdu.encode() == RELEASE_REPLY
