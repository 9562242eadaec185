"""Objects that are small and would be large, deep or endless: refused, and little is spent."""

import struct
import zlib
from collections.abc import Iterator

import pytest

from tests.builders.crowd import SlowSink
from tests.builders.dataset import CR, DEFLATED, encoded, film_dataset
from tests.builders.keeper import MemoryKeeper
from tests.builders.memory import MB, measured_growth
from tests.builders.raw import RawClient, message, store_rq
from tests.builders.reception import contented, walking
from tests.builders.studies import EXPLICIT, FILM
from tests.protocol.conftest import listening
from triage.receive.dataset import ElementWalk, InflatingWalk, Walk
from triage.receive.scp import StorageSCP

GB = 1024 * MB
DEFLATED_FLAT_MB, FLAT_MB = 100, 24
NESTED = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
PRIVATE = b"\x09\x00\x10\x10OB\0\0"


@pytest.fixture
def scp(keeper: MemoryKeeper) -> Iterator[StorageSCP]:
    """A listener with its own data phase."""
    with listening(keeper) as scp:
        yield scp


def sent(scp: StorageSCP, data_set: bytes, *, syntax: str = EXPLICIT) -> int | None:
    """Store a film in an association of its own."""
    with RawClient(scp.port, timeout_s=60) as modality:
        modality.associate([(CR, [syntax])])
        return modality.store(data_set, FILM)


@pytest.fixture(scope="module")
def deflate_bomb() -> bytes:
    """A film with a private value of 1 GiB, in about 1 MB."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    head = encoded(film_dataset())[:-524] + PRIVATE + struct.pack("<I", GB)
    begin = deflater.compress(head) + deflater.flush(zlib.Z_FULL_FLUSH)
    block = deflater.compress(bytes(16 * MB)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return begin + GB // (16 * MB) * block + deflater.flush()


class Swallowing(InflatingWalk):
    """A walk that inflates all that it gets at once, however much that is."""

    def feed(self, piece: bytes | memoryview) -> None:
        self._inner.feed(self._inflater.decompress(piece))


def test_a_deflate_bomb_is_refused_and_costs_little(
    scp: StorageSCP, keeper: MemoryKeeper, deflate_bomb: bytes
) -> None:
    with measured_growth() as growth:
        status = sent(scp, deflate_bomb, syntax=DEFLATED)

    assert len(deflate_bomb) < 2 * MB
    assert status == 0xC000
    assert "inflates to more than" in keeper.turned_away[0].sentence
    assert growth.megabytes < DEFLATED_FLAT_MB


def swallowing(_transfer_syntax_uid: str, *, wanted: frozenset[int]) -> Walk:
    return Swallowing(ElementWalk(wanted, implicit=False, order="<"))


def test_a_deflate_bomb_that_is_swallowed_is_noticed(
    keeper: MemoryKeeper, deflate_bomb: bytes
) -> None:
    with (
        listening(keeper, data_phase=walking(swallowing)) as scp,
        measured_growth() as growth,
    ):
        sent(scp, deflate_bomb[: len(deflate_bomb) // 4], syntax=DEFLATED)

    assert growth.megabytes > DEFLATED_FLAT_MB


def test_six_thousand_nested_sequences_are_refused(scp: StorageSCP, keeper: MemoryKeeper) -> None:
    with measured_growth() as growth:
        status = sent(scp, encoded(film_dataset())[:-524] + 6000 * NESTED)

    assert status == 0xC000
    assert keeper.turned_away[0].sentence == "data set: sequences nested deeper than 32"
    assert growth.megabytes < FLAT_MB


def boundless(_transfer_syntax_uid: str, *, wanted: frozenset[int]) -> Walk:
    return ElementWalk(wanted, implicit=False, order="<", deepest=1_000_000)


def test_without_a_limit_nesting_is_not_what_is_refused(keeper: MemoryKeeper) -> None:
    with listening(keeper, data_phase=walking(boundless)) as scp:
        sent(scp, encoded(film_dataset())[:-524] + 6000 * NESTED)

    assert "nested deeper" not in keeper.turned_away[0].sentence


def with_elements(count: int) -> bytes:
    """A film with so many empty private elements before its pixels."""
    whole = encoded(film_dataset())
    return whole[:-524] + count * b"\x09\x00\x10\x10LO\0\0" + whole[-524:]


def test_a_million_elements_cost_no_memory() -> None:
    status, grown_mb = taken(with_elements(1_000_000))

    assert status == 0x0000
    assert grown_mb < FLAT_MB


def test_two_million_elements_and_more_are_refused() -> None:
    status, grown_mb = taken(with_elements(2_000_000))

    assert status == 0xC000
    assert grown_mb < FLAT_MB


def taken(data_set: bytes) -> tuple[int | None, float]:
    """Store a film with a keeper that lets it go; return the status, and the growth in MB."""
    stream, sink = message(store_rq(CR, FILM), data_set), SlowSink()
    sink.ready.set()
    with listening(sink) as scp, RawClient(scp.port, timeout_s=60) as modality:
        modality.associate()
        with measured_growth() as growth:
            modality.send(stream)
            return modality.answer().status, growth.megabytes


def test_two_gigabytes_that_are_announced_and_do_not_come_are_refused(
    scp: StorageSCP, keeper: MemoryKeeper
) -> None:
    with measured_growth() as growth:
        status = sent(scp, encoded(film_dataset())[:-524] + PRIVATE + struct.pack("<I", 2 * GB))

    assert status == 0xC000
    assert keeper.turned_away[0].sentence.endswith("announces 2147483648 bytes, 0 are left")
    assert growth.megabytes < FLAT_MB


@pytest.mark.parametrize("cut", [1, 2, 100, 511, 512])
def test_a_film_without_its_last_bytes_is_refused(
    scp: StorageSCP, keeper: MemoryKeeper, cut: int
) -> None:
    assert sent(scp, encoded(film_dataset())[:-cut]) == 0xC000
    assert keeper.kept == []


def test_a_walk_that_never_asks_what_is_missing_is_noticed(keeper: MemoryKeeper) -> None:
    with listening(keeper, data_phase=walking(contented)) as scp:
        assert sent(scp, encoded(film_dataset())[:-1]) == 0x0000
