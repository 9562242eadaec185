"""What a compressed picture says of its own size and bits, read without decoding it.

A small header may announce a small picture and carry a codestream that unfolds to gigabytes;
so the codestream's own size is read first.
"""

import struct
from dataclasses import dataclass

_PREFIX = 0xFF
_SIZ = b"\xff\x4f\xff\x51"
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, _PREFIX, *range(0xD0, 0xD9)})
_SEARCHED_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Precision:
    """What a codestream holds.

    Args:
        components: samples of each pixel.
        bits: of one sample of the first component.
        signed: whether its samples are; ``None`` for JPEG and JPEG-LS, whose streams do not
            tell.
    """

    components: int
    bits: int
    signed: bool | None


def size(codestream: bytes) -> tuple[int, int] | None:
    """Read rows and columns of a JPEG, JPEG-LS or JPEG 2000 codestream.

    Args:
        codestream: one frame (ISO/IEC 10918-1, 14495-1 or 15444-1, boxed or bare).

    Returns:
        Rows and columns, or ``None`` where the codestream does not begin as one of these.
    """
    start = codestream.find(_SIZ, 0, _SEARCHED_BYTES)
    if start >= 0:
        return _size_of_jpeg_2000(codestream, start)
    return _size_of_jpeg(codestream) if codestream[:2] == b"\xff\xd8" else None


def precision(codestream: bytes) -> Precision | None:
    """Read components and bits of a JPEG, JPEG-LS or JPEG 2000 codestream.

    Returns:
        ``None`` where the codestream does not begin as one of these.
    """
    start = codestream.find(_SIZ, 0, _SEARCHED_BYTES)
    if start >= 0:
        return _precision_of_jpeg_2000(codestream, start)
    at = _frame_header(codestream) if codestream[:2] == b"\xff\xd8" else None
    return None if at is None else Precision(codestream[at + 9], codestream[at + 4], signed=None)


def _size_of_jpeg_2000(codestream: bytes, start: int) -> tuple[int, int] | None:
    """Read the SIZ marker segment (ISO/IEC 15444-1 A.5.1)."""
    if len(codestream) < start + 24:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", codestream, start + 8)
    return bottom - top, right - left


def _precision_of_jpeg_2000(codestream: bytes, start: int) -> Precision | None:
    """Read Csiz, and Ssiz of the first component: a sign bit, and the bits less one (A.5.1)."""
    if len(codestream) < start + 43:
        return None
    components, said = struct.unpack_from(">HB", codestream, start + 40)
    return Precision(components, (said & 0x7F) + 1, signed=bool(said & 0x80))


def _size_of_jpeg(codestream: bytes) -> tuple[int, int] | None:
    """Read the sides from the frame header (ISO/IEC 10918-1 B.2.2)."""
    at = _frame_header(codestream)
    if at is None:
        return None
    rows, columns = struct.unpack_from(">2H", codestream, at + 5)
    return rows, columns


def _frame_header(codestream: bytes) -> int | None:
    """Walk the marker segments to the frame header, and return where its marker lies."""
    at = 2
    while at + 10 <= len(codestream) and codestream[at] == _PREFIX:
        marker = codestream[at + 1]
        if marker in _FRAME_MARKERS:
            return at
        # A prefix after a prefix is a fill byte.
        at += 1 if marker == _PREFIX else 2
        if marker not in _ALONE:
            at += int(struct.unpack_from(">H", codestream, at)[0])
    return None
