"""Damage of every kind, the same for the same seed: bytes, cuts, and PDUs in the wrong place."""

import struct
from collections.abc import Callable, Iterator, Sequence
from random import Random

from tests.builders.pdus import HEADER, P_DATA_TF, PDV, flipped, p_data, pdv

_NUMBERS = (
    0,
    1,
    2,
    7,
    8,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x10000,
    131_072,
    0x7FFFFFFF,
    0xFFFFFFFE,
    0xFFFFFFFF,
)
_TAGS = (
    b"\xfe\xff\x00\xe0\xff\xff\xff\xff",  # an item, and the delimiters
    b"\xfe\xff\x0d\xe0\x00\x00\x00\x00",
    b"\xfe\xff\xdd\xe0\x00\x00\x00\x00",
    b"\x40\x00\x75\x02SQ\x00\x00\xff\xff\xff\xff",
    b"\x40\x00\x75\x02UN\x00\x00\xff\xff\xff\xff",
    b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff",
    b"\x20\x00\x0d\x00UI\xff\xff",
)


def seeded(seed: int, count: int) -> Iterator[Random]:
    """Yield a randomness for each case, so that each can be run again alone."""
    for number in range(count):
        yield Random(seed << 32 | number)


def damaged(data: bytes, randomness: Random) -> bytes:
    """Damage bytes in one to three ways, or leave them as they are, rarely."""
    for _ in range(randomness.choice((0, 1, 1, 1, 1, 2, 2, 3))):
        data = randomness.choice(_DAMAGES)(data, randomness)
    return data


def cut(data: bytes, randomness: Random) -> list[memoryview]:
    """Cut bytes anywhere; often into two, sometimes into very many."""
    count = randomness.choice((0, 1, 1, 2, 3, 8, 40))
    places = sorted(randomness.randrange(len(data) + 1) for _ in range(count))
    view = memoryview(data)
    return [view[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)]


def disordered(pdus: Sequence[bytes], randomness: Random) -> bytes:
    """Damage a session of PDUs in one to three ways, or not at all."""
    session = list(pdus)
    for _ in range(randomness.choice((0, 1, 1, 1, 2, 3))):
        if session:
            randomness.choice(_DISORDERS)(session, randomness)
    stream = b"".join(session)
    return damaged(stream, randomness) if randomness.random() < 0.3 else stream


def _some_bits(data: bytes, randomness: Random) -> bytes:
    return flipped(data, randomness, flips=randomness.choice((1, 1, 2, 8, 64)))


def _a_part(data: bytes, randomness: Random) -> bytes:
    return data[: randomness.randrange(len(data) + 1)]


def _without_a_part(data: bytes, randomness: Random) -> bytes:
    begin, end = _slice(data, randomness)
    return data[:begin] + data[end:]


def _a_part_twice(data: bytes, randomness: Random) -> bytes:
    begin, end = _slice(data, randomness)
    return data[:end] + data[begin:]


def _a_number(data: bytes, randomness: Random) -> bytes:
    number, place = randomness.choice(_NUMBERS), randomness.randrange(len(data) + 1)
    packed = struct.pack(randomness.choice("<>") + "I", number)[: randomness.choice((2, 4))]
    return data[:place] + packed + data[place + len(packed) :]


def _a_tag(data: bytes, randomness: Random) -> bytes:
    tag, place = randomness.choice(_TAGS), randomness.randrange(len(data) + 1)
    return data[:place] + tag * randomness.choice((1, 1, 1, 3, 80)) + data[place:]


def _babble(data: bytes, randomness: Random) -> bytes:
    place = randomness.randrange(len(data) + 1)
    return data[:place] + randomness.randbytes(randomness.randrange(1, 64)) + data[place:]


_DAMAGES: tuple[Callable[[bytes, Random], bytes], ...] = (
    _some_bits,
    _some_bits,
    _a_part,
    _without_a_part,
    _a_part_twice,
    _a_number,
    _a_tag,
    _babble,
)


def _slice(data: bytes, randomness: Random) -> tuple[int, int]:
    begin = randomness.randrange(len(data) + 1)
    return begin, min(len(data), begin + randomness.choice((1, 2, 4, 8, 100)))


def _twice(session: list[bytes], randomness: Random) -> None:
    session.insert(randomness.randrange(len(session) + 1), randomness.choice(session))


def _removed(session: list[bytes], randomness: Random) -> None:
    del session[randomness.randrange(len(session))]


def _exchanged(session: list[bytes], randomness: Random) -> None:
    one, other = (randomness.randrange(len(session)) for _ in range(2))
    session[one], session[other] = session[other], session[one]


def _of_another_length(session: list[bytes], randomness: Random) -> None:
    place, length = randomness.randrange(len(session)), randomness.choice(_NUMBERS)
    session[place] = HEADER.pack(session[place][0], length) + session[place][HEADER.size :]


def _of_another_type(session: list[bytes], randomness: Random) -> None:
    place = randomness.randrange(len(session))
    session[place] = bytes([randomness.choice((*range(9), 0xFF))]) + session[place][1:]


def _in_another_fragment(session: list[bytes], randomness: Random) -> None:
    """Give the first fragment of a PDU another length, context or control header."""
    place = randomness.randrange(len(session))
    contents = session[place][HEADER.size :]
    if session[place][0] != P_DATA_TF or len(contents) < PDV.size:
        return
    header = list(PDV.unpack_from(contents))
    choices = (_NUMBERS, (0, 1, 2, 3, 5, 7, 9, 255), (0, 1, 2, 3, 0xFF))
    changed = randomness.randrange(3)
    header[changed] = randomness.choice(choices[changed])
    session[place] = session[place][: HEADER.size] + PDV.pack(*header) + contents[PDV.size :]


def _with_a_damaged_command(session: list[bytes], randomness: Random) -> None:
    place = randomness.randrange(len(session))
    command = session[place][HEADER.size + PDV.size :]
    context_id = randomness.choice((1, 3, 5, 7))
    fragment = pdv(damaged(command, randomness), context_id=context_id, command=True)
    session[place] = p_data(fragment)


_DISORDERS: tuple[Callable[[list[bytes], Random], None], ...] = (
    _twice,
    _removed,
    _exchanged,
    _of_another_length,
    _of_another_type,
    _in_another_fragment,
    _with_a_damaged_command,
)
