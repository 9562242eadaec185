"""Fragments in every cut, order and number: kept where the standard allows it, ended elsewhere."""

import struct
from collections.abc import Iterator

import pytest

from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryKeeper
from tests.builders.pdus import (
    C_CANCEL_RQ,
    C_FIND_RQ,
    C_STORE_RQ,
    P_DATA_TF,
    STATUS,
    request,
)
from tests.builders.raw import (
    RawClient,
    command_set,
    echo_rq,
    message,
    p_data,
    pdu,
    pdv,
    store_rq,
)
from tests.builders.studies import FILM
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.domain.door import DoorCode
from triage.receive.scp import StorageSCP

OTHER_FILM = "2.25.202"
DATA_SET = encoded(film_dataset())
COMMAND = store_rq(CR, FILM)
HALF = len(DATA_SET) // 2
FIRST, SECOND = DATA_SET[:HALF], DATA_SET[HALF:]
EMPTY = pdv(b"", last=False)
RESPONSE = command_set({**request(0x8001, has_data_set=False), STATUS: bytes(2)})
CANCEL = command_set({0x0100: struct.pack("<H", C_CANCEL_RQ), 0x0120: b"\1\0", 0x0800: b"\1\1"})
VERIFICATION = ("1.2.840.10008.1.1", ["1.2.840.10008.1.2"])


@pytest.fixture
def scp(keeper: MemoryKeeper) -> Iterator[StorageSCP]:
    """A listener with its own data phase."""
    with listening(keeper) as scp:
        yield scp


@pytest.fixture
def modality(scp: StorageSCP) -> Iterator[RawClient]:
    """A modality whose association has two storage contexts."""
    with RawClient(scp.port) as modality:
        modality.associate([(CR, ["1.2.840.10008.1.2.1"])] * 2)
        yield modality


def bytewise(data: bytes, *, command: bool = False) -> list[bytes]:
    """Cut into fragments of one byte."""
    last = len(data) - 1
    return [
        pdv(data[place : place + 1], command=command, last=place == last)
        for place in range(len(data))
    ]


@pytest.mark.parametrize(
    "stream",
    [
        p_data(pdv(COMMAND, command=True), pdv(DATA_SET)),
        p_data(pdv(COMMAND, command=True), pdv(FIRST, last=False), pdv(SECOND)),
        p_data(pdv(COMMAND, command=True)) + p_data(pdv(FIRST, last=False)) + p_data(pdv(SECOND)),
        p_data(*bytewise(COMMAND, command=True)) + p_data(pdv(DATA_SET)),
        b"".join(map(p_data, bytewise(COMMAND, command=True))) + p_data(*bytewise(DATA_SET)),
        message(COMMAND, DATA_SET, pdu_length=7),
        p_data(pdv(COMMAND, command=True), EMPTY, pdv(FIRST, last=False), EMPTY, pdv(SECOND)),
        p_data(pdv(COMMAND, command=True)) + p_data(pdv(DATA_SET, last=False)) + p_data(pdv(b"")),
        p_data(pdv(b"", command=True, last=False)) + message(COMMAND, DATA_SET),
        p_data() + p_data(pdv(COMMAND, command=True)) + p_data() + p_data(pdv(DATA_SET)),
    ],
    ids=[
        "one PDU",
        "two fragments",
        "three PDUs",
        "command bytewise",
        "all bytewise",
        "PDUs of one byte",
        "empty fragments",
        "empty last fragment",
        "empty command fragment",
        "empty PDUs",
    ],
)
def test_a_film_in_any_fragments_is_kept_whole(
    modality: RawClient, keeper: MemoryKeeper, stream: bytes
) -> None:
    modality.send(stream)
    status = modality.answer().status

    assert status == 0x0000
    assert keeper.kept[0].file.endswith(DATA_SET)


def test_ten_thousand_fragments_of_one_byte_are_kept_whole(
    modality: RawClient, keeper: MemoryKeeper
) -> None:
    film = encoded(film_dataset(PixelData=bytes(10_000)))

    modality.send(message(COMMAND, film, pdu_length=7))
    status = modality.answer().status

    assert status == 0x0000
    assert keeper.kept[0].file.endswith(film)


def test_requests_that_do_not_wait_for_answers_are_all_answered(
    modality: RawClient, keeper: MemoryKeeper
) -> None:
    modality.send(20 * message(COMMAND, DATA_SET))
    statuses = [modality.answer().status for _ in range(20)]

    assert statuses == [0x0000] * 20
    assert len(keeper.kept) == 20


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (p_data(pdv(DATA_SET)), 2),
        (message(COMMAND, DATA_SET, context_id=9), 6),
        (p_data(pdv(COMMAND, command=True), pdv(DATA_SET, context_id=3)), 6),
        (p_data(pdv(COMMAND, command=True), pdv(FIRST, last=False), pdv(COMMAND, command=True)), 2),
        (p_data(pdv(RESPONSE, command=True)), 2),
        (p_data(pdv(bytes(20_000), command=True)), 6),
        (p_data(pdv(b"nonsense" * 9, command=True)), 6),
        (p_data(pdv(b"", command=True)), 6),
        (pdu(P_DATA_TF, struct.pack(">IBB", 4000, 1, 3) + bytes(10)), 6),
        (pdu(P_DATA_TF, struct.pack(">IBB", 0, 1, 3)), 6),
        (pdu(P_DATA_TF, b"\0\0\0"), 6),
        (pdu(1, bytes(68)), 2),
        (pdu(2, bytes(68)), 2),
        (pdu(0, bytes(4)), 1),
        (pdu(0x99, bytes(4)), 1),
    ],
    ids=[
        "data before command",
        "unknown context",
        "data of another context",
        "command inside data",
        "response",
        "long command",
        "no command set",
        "empty command",
        "fragment beyond its PDU",
        "fragment without a header",
        "half a fragment header",
        "second request",
        "acceptance",
        "PDU type 0",
        "unknown PDU type",
    ],
)
def test_what_breaks_the_protocol_is_aborted_and_recorded(
    modality: RawClient, keeper: MemoryKeeper, stream: bytes, reason: int
) -> None:
    modality.send(stream)
    answer = modality.answer()
    wait_until(lambda: keeper.turned_away)

    assert (answer.kind, answer.reason) == ("abort", (2, reason))
    assert keeper.turned_away[0].code is DoorCode.PROTOCOL
    assert keeper.kept == []


def test_a_cancel_has_no_answer_and_does_no_harm(modality: RawClient) -> None:
    modality.send(p_data(pdv(CANCEL, command=True)))

    assert modality.store(DATA_SET, FILM) == 0x0000


def test_a_query_on_a_storage_context_is_no_operation_that_is_known(modality: RawClient) -> None:
    query = command_set(request(C_FIND_RQ, has_data_set=True))

    modality.send(message(query, DATA_SET))
    answer = modality.answer()

    assert answer.status == 0x0211
    assert modality.store(DATA_SET, FILM) == 0x0000


def test_a_store_without_a_data_set_is_refused(modality: RawClient, keeper: MemoryKeeper) -> None:
    modality.send(p_data(pdv(store_rq(CR, FILM, has_data_set=False), command=True)))
    answer = modality.answer()

    assert answer.status == 0xC000
    assert keeper.turned_away[0].sentence == "the C-STORE brought no data set"


def test_a_store_that_names_nothing_is_refused(modality: RawClient) -> None:
    modality.send(message(command_set(request(C_STORE_RQ, has_data_set=True)), DATA_SET))
    refused = modality.answer().status

    assert refused == 0x0122
    assert modality.store(DATA_SET, FILM) == 0x0000


def test_an_echo_between_two_films_is_answered(scp: StorageSCP, keeper: MemoryKeeper) -> None:
    with RawClient(scp.port) as modality:
        modality.associate([(CR, ["1.2.840.10008.1.2.1"]), VERIFICATION])
        first = modality.store(DATA_SET, FILM)
        modality.send(message(echo_rq(7), b"", context_id=3))
        echo = modality.answer().status
        second = modality.store(DATA_SET, FILM)

    assert [first, echo, second] == [0x0000] * 3
    assert len(keeper.kept) == 2
