"""Explicit VR Little Endian to Implicit VR Little Endian; no value is touched (PS3.5 7.1).

Names leave exactly as they came, also where their bytes mean nothing in their character set: so
nothing is decoded, and each element gets another head alone.
"""

import struct
from collections.abc import Iterator

_LONG_FORM = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT, _LONG = struct.Struct("<4x2xH"), struct.Struct("<4x2x2xI")
_HEAD = struct.Struct("<4sI")
"""Of an element of Implicit VR, and of an item."""


def implicit_from_explicit(contents: bytes) -> bytes:
    """Frame a data set anew.

    Args:
        contents: in Explicit VR Little Endian, with every length given, as ours are.

    Raises:
        ValueError: it is cut short, or a length is not given.
    """
    try:
        return b"".join(_elements(memoryview(contents)))
    except struct.error as error:
        raise ValueError("the data set is cut short") from error


def _elements(contents: memoryview) -> Iterator[bytes | memoryview]:
    at = 0
    while at < len(contents):
        vr = bytes(contents[at + 4 : at + 6])
        explicit = _LONG if vr in _LONG_FORM else _SHORT
        (length,) = explicit.unpack_from(contents, at)
        raw = _value(contents, at + explicit.size, length)
        value = b"".join(_items(raw)) if vr == b"SQ" else raw
        yield _HEAD.pack(bytes(contents[at : at + 4]), len(value))
        yield value
        at += explicit.size + length


def _items(contents: memoryview) -> Iterator[bytes]:
    at = 0
    while at < len(contents):
        tag, length = _HEAD.unpack_from(contents, at)
        value = b"".join(_elements(_value(contents, at + _HEAD.size, length)))
        yield _HEAD.pack(tag, len(value)) + value
        at += _HEAD.size + length


def _value(contents: memoryview, begin: int, length: int) -> memoryview:
    value = contents[begin : begin + length]
    if len(value) < length:
        raise ValueError("the data set is cut short")
    return value
