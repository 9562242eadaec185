"""RLE Lossless (PS3.5 Annex G) of gray frames, three times as fast as pydicom's own decoder.

pylibjpeg's decoder answers some broken frames with a panic, which is no ``Exception``. It is
given whole segments only, of which none is empty; what it then refuses, and whatever is out of
the ordinary, is left to pydicom's decoder.
"""

import numpy as np
from numpy.typing import NDArray
from rle.rle import decode_segment

from triage.decode.geometry import Geometry

_HEADER_WORDS = 16


def decoded(frame: bytes, layout: Geometry) -> NDArray[np.generic] | None:
    """Decode a frame.

    Args:
        frame: the header and its segments.
        layout: the header's description of the pixels.

    Returns:
        ``uint8`` or ``uint16``, signed where the pixels are, (rows, columns); ``None`` where
        another decoder has to say what the frame is.
    """
    bytes_of_a_word = layout.bits_allocated // 8
    segments = _segments(frame)
    if layout.samples != 1 or len(segments) != bytes_of_a_word:
        return None
    words = np.empty((layout.rows * layout.columns, bytes_of_a_word), np.uint8)
    # The first segment holds the most significant bytes (G.2).
    for place, segment in enumerate(reversed(segments)):
        try:
            plane = decode_segment(segment)
        except ValueError:
            return None
        if len(plane) < len(words):
            return None
        words[:, place] = np.frombuffer(plane, np.uint8, len(words))
    kind = f"<{'i' if layout.signed else 'u'}{bytes_of_a_word}"
    return words.view(kind).reshape(layout.rows, layout.columns)


def _segments(frame: bytes) -> list[bytes]:
    """Cut a frame at the offsets of its header (G.5); nothing where one is not in its place."""
    if len(frame) < 4 * _HEADER_WORDS:
        return []
    number, *offsets = np.frombuffer(frame, "<u4", _HEADER_WORDS).tolist()
    ends = [*offsets[1:number], len(frame)]
    cut = [frame[begin:end] for begin, end in zip(offsets, ends, strict=False)]
    return cut if all(cut) and offsets[0] >= 4 * _HEADER_WORDS else []
