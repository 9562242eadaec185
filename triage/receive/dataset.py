"""Whether a data set is whole, told while its bytes pass, and what the listener keeps of it.

The walk reads element headers only (PS3.5 section 7.1), keeps no value but the wanted ones and
never recurses, so that neither size nor nesting of what a peer sends can hurt the listener.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Protocol

from triage.domain.errors import RejectedInstance
from triage.domain.nesting import MOST_NESTED

CANNOT_UNDERSTAND = 0xC000
UNDEFINED = 0xFFFFFFFF
DEEPEST = 2 * MOST_NESTED  # a sequence is a level, and so is its item
MOST_ELEMENTS = 2_000_000
LARGEST_INFLATED = 512 * 1024 * 1024
LONGEST_WANTED = 1024
INFLATE_STEP = 1024 * 1024

DELIMITERS = 0xFFFE
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA = 0x7FE00010
SHORT_HEADER, LONG_HEADER = 8, 12
_LONG_FORM = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_IMPLICIT, _BIG_ENDIAN, _DEFLATED = (
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
)


class Walk(Protocol):
    """A data set that is walked piece by piece; both methods raise ``RejectedInstance``."""

    def feed(self, piece: bytes | memoryview) -> None:
        """Walk over the next bytes; they are not read after this returns."""

    def finish(self) -> dict[int, bytes]:
        """Return the raw value of each wanted element that was present at the top level."""


def walk(transfer_syntax_uid: str, *, wanted: frozenset[int]) -> Walk:
    """Begin a walk.

    Args:
        transfer_syntax_uid: of the accepted presentation context.
        wanted: tags, such as ``0x0020000D``; values above 1024 bytes are not kept.

    The walk raises ``RejectedInstance`` 0xC000 where the data set is cut short, nests sequences
    deeper than 32, has more than 2,000,000 elements, or inflates to more than 512 MiB.
    """
    if transfer_syntax_uid == _DEFLATED:
        return InflatingWalk(ElementWalk(wanted, implicit=False, order="<"))
    return ElementWalk(
        wanted,
        implicit=transfer_syntax_uid == _IMPLICIT,
        order=">" if transfer_syntax_uid == _BIG_ENDIAN else "<",
    )


@dataclass(frozen=True, slots=True)
class _Level:
    """One open sequence, item or fragment list; offsets count from the data set's first byte.

    ``end`` is ``None`` for undefined length; ``limit`` is where the innermost level that has an
    end must end.
    """

    end: int | None
    limit: int | None
    implicit: bool
    holds_items: bool
    encapsulated: bool = False


class ElementWalk:
    """The walk over the elements of one data set.

    Args:
        wanted: tags whose values are kept.
        implicit: whether the value representation is implicit.
        order: ``<`` for little and ``>`` for big endian.
        deepest: most levels, of which a sequence is one and its item another.
    """

    def __init__(
        self, wanted: frozenset[int], *, implicit: bool, order: str, deepest: int = DEEPEST
    ) -> None:
        self._wanted = wanted
        self._deepest = deepest
        self._found: dict[int, bytes] = {}
        self._levels = [_Level(None, None, implicit=implicit, holds_items=False)]
        self._short_form = struct.Struct(order + "HH2sH")
        self._long_form = struct.Struct(order + "HHI")
        self._long = struct.Struct(order + "I")
        self._begin = 0  # offset of the piece's first byte
        self._carry = b""  # of an element that the last piece cut
        self._skip = 0  # bytes of a value that are still to come
        self._elements_left = MOST_ELEMENTS  # to read one costs the worker 8 us and 330 bytes
        self._value = (0, 0)  # tag and length of the last value

    def feed(self, piece: bytes | memoryview) -> None:
        """Walk over the next bytes."""
        skipped = min(self._skip, len(piece))
        self._skip -= skipped
        self._begin += skipped
        if skipped == len(piece):
            return
        view = memoryview(piece)[skipped:]
        if self._carry:
            view = memoryview(self._carry + view)
            self._begin -= len(self._carry)
        place = self._elements(view)
        self._begin += place
        self._carry = bytes(view[place:])
        self._begin += len(self._carry)

    def finish(self) -> dict[int, bytes]:
        """Return what was wanted, of a data set that is whole."""
        if self._skip:
            tag, length = self._value
            raise self._too_long(tag, length, length - self._skip)
        self._close_ended(self._begin)
        if self._carry:
            self._check_carry()
        if self._carry or len(self._levels) > 1:
            raise _broken("cut short inside an element's header")
        return self._found

    def _elements(self, view: memoryview) -> int:
        """Walk as far as whole elements go, and return how far that is."""
        place, size = 0, len(view)
        while size - place >= SHORT_HEADER:
            if len(self._levels) > 1:
                self._close_ended(self._begin + place)
            after = self._element(view, place)
            if after < 0:
                return place
            self._elements_left -= 1
            if self._elements_left < 0:
                raise _broken(f"more than {MOST_ELEMENTS} elements")
            if after > size:
                self._skip = after - size
                return size
            place = after
        return place

    def _element(self, view: memoryview, place: int) -> int:
        """Walk over one header, and return where the next is; negative where bytes lack."""
        header = self._header(view, place)
        if header is None:
            return -1
        tag, vr, length, inside = header
        if tag in (ITEM_END, SEQUENCE_END):
            self._close(tag)
            return inside
        level = self._levels[-1]
        if level.holds_items and not level.encapsulated:
            self._open(ITEM, length, self._begin + inside, implicit=level.implicit, items=False)
            return inside
        if not level.holds_items and (length == UNDEFINED or vr == b"SQ"):
            # UN of undefined length holds implicit VR whatever surrounds it (PS3.5 6.2.2 Note).
            implicit = level.implicit or vr == b"UN"
            self._open(tag, length, self._begin + inside, implicit=implicit, items=True)
            return inside
        return self._pass(view, tag, length, inside)

    def _header(self, view: memoryview, place: int) -> tuple[int, bytes, int, int] | None:
        """Read tag, VR, length, and where the value begins; ``None`` where bytes lack."""
        group, element, vr, short = self._short_form.unpack_from(view, place)
        tag = group << 16 | element
        if group == DELIMITERS or self._levels[-1].implicit:
            return tag, b"", self._long_form.unpack_from(view, place)[2], place + SHORT_HEADER
        if vr in _LONG_FORM:
            if len(view) - place < LONG_HEADER:
                return None
            (length,) = self._long.unpack_from(view, place + SHORT_HEADER)
            return tag, vr, length, place + LONG_HEADER
        if not vr.isalpha():
            raise _broken(f"element {tag:08X} has no value representation")
        return tag, vr, short, place + SHORT_HEADER

    def _pass(self, view: memoryview, tag: int, length: int, inside: int) -> int:
        """Step over a value; keep it where it is wanted."""
        limit = self._levels[-1].limit
        after = inside + length
        if limit is not None and self._begin + after > limit:
            raise self._too_long(tag, length, limit - self._begin - inside)
        if tag in self._wanted and len(self._levels) == 1 and length <= LONGEST_WANTED:
            if after > len(view):
                return -1
            self._found[tag] = bytes(view[inside:after])
        self._value = (tag, length)
        return after

    def _open(self, tag: int, length: int, offset: int, *, implicit: bool, items: bool) -> None:
        if len(self._levels) > self._deepest:
            raise _broken(f"sequences nested deeper than {self._deepest // 2}")
        limit, end = self._levels[-1].limit, None
        if length != UNDEFINED:
            end = offset + length
            if limit is not None and end > limit:
                raise self._too_long(tag, length, limit - offset)
            limit = end
        fragments = items and tag == PIXEL_DATA and length == UNDEFINED
        self._levels.append(_Level(end, limit, implicit, items, encapsulated=fragments))

    def _close(self, tag: int) -> None:
        if len(self._levels) == 1:
            raise _broken(f"delimiter {tag:08X} outside of a sequence")
        self._levels.pop()

    def _close_ended(self, offset: int) -> None:
        while len(self._levels) > 1 and self._levels[-1].end == offset:
            self._levels.pop()

    def _check_carry(self) -> None:
        """Name the wanted value that never came, where that is what was cut."""
        if len(self._carry) < SHORT_HEADER:
            return
        header = self._header(memoryview(self._carry), 0)
        if header is not None:
            tag, _, length, inside = header
            raise self._too_long(tag, length, len(self._carry) - inside)

    def _too_long(self, tag: int, length: int, left: int) -> RejectedInstance:
        return _broken(f"element {tag:08X} announces {length} bytes, {left} are left")


class InflatingWalk:
    """The walk over a deflated data set (PS3.5 A.5) that is not larger than ``most_bytes``."""

    def __init__(self, inner: Walk, *, most_bytes: int = LARGEST_INFLATED) -> None:
        self._inner = inner
        self._most_bytes = most_bytes
        self._inflated = 0
        self._inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)

    def feed(self, piece: bytes | memoryview) -> None:
        """Inflate and walk over the next bytes, a step at a time."""
        rest: bytes | memoryview = piece
        while not self._inflater.eof:
            try:
                inflated = self._inflater.decompress(rest, INFLATE_STEP)
            except zlib.error as error:
                raise _broken(f"deflate: {error}") from error
            self._inflated += len(inflated)
            if self._inflated > self._most_bytes:
                raise _broken(f"inflates to more than {self._most_bytes} bytes")
            self._inner.feed(inflated)
            rest = self._inflater.unconsumed_tail
            if not rest and len(inflated) < INFLATE_STEP:
                return

    def finish(self) -> dict[int, bytes]:
        """Return what was wanted, of a data set that is whole."""
        if not self._inflater.eof:
            raise _broken("deflate: cut short")
        return self._inner.finish()


def _broken(what: str) -> RejectedInstance:
    return RejectedInstance(CANNOT_UNDERSTAND, f"data set: {what}")
