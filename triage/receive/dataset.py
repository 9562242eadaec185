"""Whether a received data set is whole, and the few attributes that the listener keeps.

The walk reads element headers only (PS3.5 section 7.1) and never recurses, so that neither
size nor nesting of what a peer sends can hurt the listener.
"""

import struct
import zlib
from dataclasses import dataclass

from triage.domain.errors import RejectedInstance

CANNOT_UNDERSTAND = 0xC000
UNDEFINED = 0xFFFFFFFF
DEEPEST = 64
LARGEST_INFLATED = 512 * 1024 * 1024

DELIMITERS = 0xFFFE
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = 0x7FE00010
_LONG_FORM = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_IMPLICIT, _BIG_ENDIAN, _DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)


@dataclass(frozen=True, slots=True)
class _Level:
    """One open sequence, item or fragment list; ``end`` is ``None`` for undefined length."""

    end: int | None
    implicit: bool
    holds_items: bool
    encapsulated: bool = False


def read_elements(
    encoded: bytes | memoryview, *, transfer_syntax_uid: str, wanted: frozenset[int]
) -> dict[int, bytes]:
    """Walk a whole data set and return the values of some top-level elements.

    Args:
        encoded: the data set as it came, without file meta information.
        transfer_syntax_uid: of the accepted presentation context.
        wanted: tags, such as ``0x0020000D``.

    Returns:
        The raw value of each wanted element that is present at the top level.

    Raises:
        RejectedInstance: 0xC000, the data set is cut short, is nested deeper than 64 levels,
            or inflates to more than 512 MiB.
    """
    if transfer_syntax_uid == _DEFLATED:
        encoded = inflate(encoded)
    walk = _Walk(
        memoryview(encoded),
        implicit=transfer_syntax_uid == _IMPLICIT,
        order=">" if transfer_syntax_uid == _BIG_ENDIAN else "<",
    )
    return walk.run(wanted)


class _Walk:
    def __init__(self, view: memoryview, *, implicit: bool, order: str) -> None:
        self._view = view
        self._position = 0
        self._levels = [_Level(end=len(view), implicit=implicit, holds_items=False)]
        self._tag_form = struct.Struct(order + "HH")
        self._short = struct.Struct(order + "H")
        self._long = struct.Struct(order + "I")

    def run(self, wanted: frozenset[int]) -> dict[int, bytes]:
        """Walk to the end and return the wanted values of the top level."""
        found: dict[int, bytes] = {}
        while True:
            self._close_ended()
            if len(self._levels) == 1 and self._position == len(self._view):
                return found
            tag, vr, length = self._header()
            if tag in (ITEM_END, SEQUENCE_END):
                self._levels.pop()
                if not self._levels:
                    raise self._broken(f"delimiter {tag:08X} outside of a sequence")
            elif self._levels[-1].holds_items:
                self._open_item(length)
            elif length == UNDEFINED or vr == b"SQ":
                self._open_sequence(tag, vr, length)
            else:
                value = self._value(tag, length)
                if len(self._levels) == 1 and tag in wanted:
                    found[tag] = bytes(value)

    def _close_ended(self) -> None:
        while len(self._levels) > 1 and self._levels[-1].end == self._position:
            self._levels.pop()

    def _header(self) -> tuple[int, bytes, int]:
        group, element = self._tag_form.unpack(self._take(4))
        tag = group << 16 | element
        if group == DELIMITERS or self._levels[-1].implicit:
            return tag, b"", self._long.unpack(self._take(4))[0]
        vr = bytes(self._take(2))
        if vr in _LONG_FORM:
            self._take(2)
            return tag, vr, self._long.unpack(self._take(4))[0]
        if not vr.isalpha():
            raise self._broken(f"element {tag:08X} has no value representation")
        return tag, vr, self._short.unpack(self._take(2))[0]

    def _open_sequence(self, tag: int, vr: bytes, length: int) -> None:
        level = self._levels[-1]
        # UN of undefined length holds implicit VR whatever surrounds it (PS3.5 6.2.2 Note).
        implicit = level.implicit or vr == b"UN"
        fragments = tag == PIXEL_DATA and length == UNDEFINED
        self._open(
            _Level(self._end(tag, length), implicit, holds_items=True, encapsulated=fragments)
        )

    def _open_item(self, length: int) -> None:
        level = self._levels[-1]
        if level.encapsulated:
            self._value(ITEM, length)
            return
        self._open(_Level(self._end(ITEM, length), level.implicit, holds_items=False))

    def _open(self, level: _Level) -> None:
        if len(self._levels) > DEEPEST:
            raise self._broken(f"nested deeper than {DEEPEST} levels")
        self._levels.append(level)

    def _end(self, tag: int, length: int) -> int | None:
        if length == UNDEFINED:
            return None
        self._check_room(tag, length)
        return self._position + length

    def _value(self, tag: int, length: int) -> memoryview:
        self._check_room(tag, length)
        return self._take(length)

    def _check_room(self, tag: int, length: int) -> None:
        left = len(self._view) - self._position
        if length > left:
            raise self._broken(f"element {tag:08X} announces {length} bytes, {left} are left")

    def _take(self, count: int) -> memoryview:
        start, self._position = self._position, self._position + count
        if self._position > len(self._view):
            raise self._broken("cut short inside an element's header")
        return self._view[start : self._position]

    def _broken(self, what: str) -> RejectedInstance:
        return RejectedInstance(CANNOT_UNDERSTAND, f"data set: {what}")


def inflate(encoded: bytes | memoryview, *, most_bytes: int = LARGEST_INFLATED) -> bytes:
    """Inflate a deflated data set (PS3.5 A.5) that is not larger than ``most_bytes``.

    Raises:
        RejectedInstance: 0xC000, it is no deflate stream, is cut short, or inflates to more.
    """
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        inflated = inflater.decompress(encoded, most_bytes)
    except zlib.error as error:
        raise RejectedInstance(CANNOT_UNDERSTAND, f"data set: deflate: {error}") from error
    if inflater.unconsumed_tail:
        raise RejectedInstance(
            CANNOT_UNDERSTAND, f"data set: inflates to more than {most_bytes} bytes"
        )
    if not inflater.eof:
        raise RejectedInstance(CANNOT_UNDERSTAND, "data set: deflate: cut short")
    return inflated
