"""Peers that dawdle, exaggerate, babble or leave: each is ended, and costs next to nothing."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from random import Random

import pytest

from tests.builders.crowd import SlowSink, silent_crowd
from tests.builders.dataset import CR, encoded, film_dataset
from tests.builders.keeper import MemoryDraft, MemoryKeeper
from tests.builders.memory import MB, measured_growth
from tests.builders.pdus import ASSOCIATE_RQ, FOUR_GIB, LONGEST, P_DATA_TF, announce
from tests.builders.raw import ABORT, RELEASE, RawClient, associate_rq, message, store_rq
from tests.builders.stock import stock_listener
from tests.builders.studies import EXPLICIT, FILM
from tests.builders.waiting import wait_until
from tests.protocol.conftest import listening
from triage.domain.door import DoorCode
from triage.receive.connection import Limits
from triage.receive.scp import StorageSCP

DATA_SET = encoded(film_dataset())
OTHER_FILM = "2.25.202"
OTHER_STORE = message(
    store_rq(CR, OTHER_FILM), encoded(film_dataset(SOPInstanceUID=OTHER_FILM)), pdu_length=200
)
COMMAND = len(message(store_rq(CR, OTHER_FILM), b""))
SHORT_PDU = 206
WHOLE_STORE = message(store_rq(CR, FILM), DATA_SET)
SMALL_PDUS = message(store_rq(CR, FILM), DATA_SET, pdu_length=12)
STREAMED = 48 * MB
FLAT_MB = 8
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
IMPATIENT = Limits(association_timeout_s=0.3, idle_timeout_s=0.3)
PATIENT = Limits()
NEVER = threading.Event()


@pytest.fixture
def scp(keeper: MemoryKeeper) -> Iterator[StorageSCP]:
    """A listener with its own data phase: pynetdicom's has none of these guards."""
    with listening(keeper) as scp:
        yield scp


def stream_zeros(client: RawClient) -> None:
    """Send zeros for as long as anybody takes them."""
    block = bytes(MB)
    with suppress(ConnectionError):
        for _ in range(STREAMED // MB):
            client.send(block)


def test_a_byte_and_then_silence_is_ended_in_time(keeper: MemoryKeeper) -> None:
    with listening(keeper, limits=IMPATIENT) as scp, RawClient(scp.port) as silent:
        silent.send(b"\x01")
        answer = silent.answer()
        wait_until(lambda: keeper.turned_away)

    assert answer.kind == "end"
    assert keeper.turned_away[0].sentence == "no association within 0.3 s"


@pytest.mark.parametrize(("limits", "kind"), [(IMPATIENT, "end"), (PATIENT, "accept")])
def test_a_request_byte_by_byte_has_one_deadline(
    keeper: MemoryKeeper, limits: Limits, kind: str
) -> None:
    with listening(keeper, limits=limits) as scp, RawClient(scp.port) as dawdler:
        dawdler.trickle(associate_rq(), NEVER, 0.004)
        answer = dawdler.answer()

    assert answer.kind == kind


@pytest.mark.parametrize("stream", [WHOLE_STORE, SMALL_PDUS], ids=["one PDU", "small PDUs"])
@pytest.mark.parametrize(("limits", "kind"), [(IMPATIENT, "abort"), (PATIENT, "response")])
def test_an_instance_byte_by_byte_has_one_deadline(
    keeper: MemoryKeeper, stream: bytes, limits: Limits, kind: str
) -> None:
    with listening(keeper, limits=limits) as scp, RawClient(scp.port) as dawdler:
        dawdler.associate()
        dawdler.trickle(stream, NEVER, 0.001)
        answer = dawdler.answer()

    assert answer.kind == kind


def test_half_an_instance_and_then_silence_is_ended_and_recorded(keeper: MemoryKeeper) -> None:
    with listening(keeper, limits=IMPATIENT) as scp, RawClient(scp.port) as silent:
        silent.associate()
        silent.send(WHOLE_STORE[:-100])
        answer = silent.answer()
        wait_until(lambda: keeper.turned_away)

    assert answer.kind == "abort"
    assert keeper.turned_away[0].code is DoorCode.PROTOCOL
    assert (keeper.kept, keeper.discarded) == ([], 1)


def test_a_monstrous_request_costs_no_memory(scp: StorageSCP) -> None:
    with RawClient(scp.port) as monster, measured_growth() as growth:
        monster.send(announce(ASSOCIATE_RQ, FOUR_GIB))
        stream_zeros(monster)
        answer = monster.answer()

    assert answer.kind == "end"
    assert growth.megabytes < FLAT_MB


def test_a_request_costs_as_much_as_the_limit_lets_it(keeper: MemoryKeeper) -> None:
    enormous = Limits(largest_request=FOUR_GIB)

    with (
        listening(keeper, limits=enormous) as scp,
        RawClient(scp.port) as monster,
        measured_growth() as growth,
    ):
        monster.send(announce(ASSOCIATE_RQ, FOUR_GIB))
        stream_zeros(monster)
        wait_until(lambda: growth.megabytes > FLAT_MB)


@pytest.mark.parametrize("length", [LONGEST + 1, FOUR_GIB])
def test_a_pdu_longer_than_was_negotiated_is_refused_at_its_header(
    scp: StorageSCP, keeper: MemoryKeeper, length: int
) -> None:
    with RawClient(scp.port) as monster:
        monster.associate()
        monster.send(announce(P_DATA_TF, length))
        answer = monster.answer()

    assert (answer.kind, answer.reason) == ("abort", (2, 6))
    wait_until(lambda: keeper.turned_away)
    assert keeper.turned_away[0].code is DoorCode.PROTOCOL


def test_a_pdu_as_long_as_was_negotiated_is_taken(scp: StorageSCP) -> None:
    film = encoded(film_dataset(PixelData=bytes(2 * LONGEST)))

    with RawClient(scp.port) as modality:
        longest = modality.associate().maximum_length
        status = modality.store(film, FILM, pdu_length=longest)

    assert (longest, status) == (LONGEST, 0x0000)


def test_a_monstrous_pdu_costs_no_memory(scp: StorageSCP) -> None:
    with RawClient(scp.port) as monster, measured_growth() as growth:
        monster.associate()
        monster.send(announce(P_DATA_TF, FOUR_GIB))
        stream_zeros(monster)
        monster.answer()

    assert growth.megabytes < FLAT_MB


def test_without_the_door_a_monstrous_pdu_is_taken_into_memory() -> None:
    with stock_listener() as port, RawClient(port) as monster, measured_growth() as growth:
        monster.send(announce(P_DATA_TF, FOUR_GIB))
        stream_zeros(monster)
        wait_until(lambda: growth.megabytes > FLAT_MB)


@pytest.fixture
def enormous() -> bytes:
    """A C-STORE of more bytes than lie in the sockets between two programs."""
    return message(store_rq(CR, FILM), encoded(film_dataset(PixelData=bytes(32 * MB))))


def test_a_storm_is_held_up_and_costs_no_memory(enormous: bytes) -> None:
    slow = SlowSink()

    with (
        listening(slow) as scp,
        silent_crowd(scp.port, many=4) as storm,
        measured_growth() as growth,
    ):
        taken = begin(storm, enormous)
        slow.ready.set()
        statuses = finish(storm, enormous, taken)

    assert max(taken) < len(enormous)
    assert statuses == [0x0000] * 4
    assert growth.megabytes < FLAT_MB


def test_a_storm_costs_what_the_keeper_keeps(scp: StorageSCP, enormous: bytes) -> None:
    with silent_crowd(scp.port, many=4) as storm, measured_growth() as growth:
        taken = begin(storm, enormous)
        statuses = finish(storm, enormous, taken)

    assert taken == [len(enormous)] * 4
    assert statuses == [0x0000] * 4
    assert growth.megabytes > 4 * FLAT_MB


def begin(storm: Sequence[RawClient], stream: bytes) -> list[int]:
    """Associate, and send for as long as something is taken."""
    for modality in storm:
        modality.associate()
    return [modality.push(stream) for modality in storm]


def finish(storm: Sequence[RawClient], stream: bytes, taken: Sequence[int]) -> list[int | None]:
    """Send the rest, and wait for the answers."""
    for modality, sent in zip(storm, taken, strict=True):
        modality.send(memoryview(stream)[sent:])
    return [modality.answer().status for modality in storm]


def test_babble_from_one_host_is_one_line_now_and_one_number_later(keeper: MemoryKeeper) -> None:
    randomness = Random(24)
    babble = [randomness.randbytes(randomness.randrange(1, 2000)) for _ in range(20)]
    half = [associate_rq()[:length] for length in range(1, 200, 10)]
    hello = [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]
    said = [*hello, *babble, *half]

    with listening(keeper) as scp:
        for words in said:
            with RawClient(scp.port) as stranger:
                stranger.send(words)
                with suppress(OSError):
                    stranger.socket.shutdown(1)
                assert stranger.answer().kind in {"end", "abort"}
        before_the_end = [refused.times for refused in keeper.turned_away]

    assert before_the_end == [1]


def abort(client: RawClient) -> None:
    client.send(ABORT)


@pytest.mark.parametrize("cut", [COMMAND, COMMAND + 2 * SHORT_PDU])
@pytest.mark.parametrize("leave", [abort, RawClient.reset, RawClient.close])
def test_who_leaves_between_two_pdus_keeps_whole_films_and_no_half_one(
    scp: StorageSCP, keeper: MemoryKeeper, leave: Callable[[RawClient], None], cut: int
) -> None:
    with RawClient(scp.port) as modality:
        modality.associate()
        modality.store(DATA_SET, FILM)
        modality.send(OTHER_STORE[:cut])
        leave(modality)
        wait_until(lambda: keeper.ended == [1])

    assert kept_films(keeper) == [FILM]


@pytest.mark.parametrize("cut", [COMMAND - 20, COMMAND + SHORT_PDU + 3, len(OTHER_STORE) - 1])
@pytest.mark.parametrize("leave", [RawClient.reset, RawClient.close])
def test_who_leaves_inside_a_pdu_keeps_whole_films_and_no_half_one(
    scp: StorageSCP, keeper: MemoryKeeper, leave: Callable[[RawClient], None], cut: int
) -> None:
    with RawClient(scp.port) as modality:
        modality.associate()
        modality.store(DATA_SET, FILM)
        modality.send(OTHER_STORE[:cut])
        leave(modality)
        wait_until(lambda: keeper.ended == [1])

    assert kept_films(keeper) == [FILM]


def close_quietly(client: RawClient) -> None:
    client.socket.shutdown(socket.SHUT_WR)


def release(client: RawClient) -> None:
    client.send(RELEASE)


@pytest.mark.parametrize("leave", [abort, release, close_quietly])
def test_who_leaves_inside_a_message_is_recorded(
    scp: StorageSCP, keeper: MemoryKeeper, leave: Callable[[RawClient], None]
) -> None:
    with RawClient(scp.port) as modality:
        modality.associate()
        modality.send(OTHER_STORE[:COMMAND])
        leave(modality)
        wait_until(lambda: keeper.turned_away)

    (refused,) = keeper.turned_away
    assert (refused.code, refused.calling_ae_title) == (DoorCode.PROTOCOL, "CR1")
    assert refused.sentence == "the association ended inside a message"


@pytest.mark.parametrize("leave", [abort, release, close_quietly])
def test_who_leaves_between_two_messages_is_nobodys_trouble(
    keeper: MemoryKeeper, leave: Callable[[RawClient], None]
) -> None:
    with listening(keeper) as scp, RawClient(scp.port) as modality:
        modality.associate()
        modality.store(DATA_SET, FILM)
        leave(modality)
        wait_until(lambda: not any(each.name == "connection" for each in threading.enumerate()))

    assert keeper.turned_away == []


def test_what_else_is_proposed_opens_no_other_way(scp: StorageSCP, keeper: MemoryKeeper) -> None:
    endless = message(store_rq(CR, FILM), DATA_SET, context_id=3)

    with RawClient(scp.port) as modality:
        contexts = modality.associate([(CR, [EXPLICIT]), (STUDY_ROOT_FIND, [EXPLICIT])]).contexts
        status = modality.store(DATA_SET, FILM)
        modality.send(endless)
        answer = modality.answer()

    assert (contexts, status) == ({1: EXPLICIT}, 0x0000)
    assert (answer.kind, answer.reason) == ("abort", (2, 6))
    assert kept_films(keeper) == [FILM]


def test_an_error_that_nobody_foresaw_ends_one_association_and_names_no_patient() -> None:
    keeper = Clumsy()

    with listening(keeper) as scp, RawClient(scp.port) as modality:
        modality.associate()
        modality.send(WHOLE_STORE)
        answer = modality.answer()
        wait_until(lambda: keeper.turned_away)

    assert answer.kind == "abort"
    assert [refused.sentence for refused in keeper.turned_away] == ["unexpected KeyError"]


class Clumsy(MemoryKeeper):
    """A keeper with a mistake."""

    def draft(self) -> MemoryDraft:
        raise KeyError("Doe^Jane")


def test_who_leaves_after_the_last_byte_keeps_all_films(
    scp: StorageSCP, keeper: MemoryKeeper
) -> None:
    with RawClient(scp.port) as modality:
        modality.associate()
        modality.store(DATA_SET, FILM)
        modality.send(OTHER_STORE)
        modality.close()
        wait_until(lambda: keeper.ended == [1])

    assert kept_films(keeper) == [FILM, OTHER_FILM]


def kept_films(keeper: MemoryKeeper) -> list[str]:
    return [kept.arrival.sop_instance_uid for kept in keeper.kept]
