"""What a compressed picture says of its own size, read without decoding it.

A small header may announce a small picture and carry a codestream that unfolds to gigabytes;
so the codestream's own size is read first.
"""

import struct

_PREFIX = 0xFF
_SIZ = b"\xff\x4f\xff\x51"
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, _PREFIX, *range(0xD0, 0xD9)})
_SEARCHED_BYTES = 65536


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


def _size_of_jpeg_2000(codestream: bytes, start: int) -> tuple[int, int] | None:
    """Read the SIZ marker segment (ISO/IEC 15444-1 A.5.1)."""
    if len(codestream) < start + 24:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", codestream, start + 8)
    return bottom - top, right - left


def _size_of_jpeg(codestream: bytes) -> tuple[int, int] | None:
    """Walk the marker segments to the frame header (ISO/IEC 10918-1 B.2.2)."""
    at = 2
    while at + 9 <= len(codestream) and codestream[at] == _PREFIX:
        marker = codestream[at + 1]
        if marker in _FRAME_MARKERS:
            rows, columns = struct.unpack_from(">2H", codestream, at + 5)
            return rows, columns
        # A prefix after a prefix is a fill byte.
        at += 1 if marker == _PREFIX else 2
        if marker not in _ALONE:
            at += int(struct.unpack_from(">H", codestream, at)[0])
    return None
