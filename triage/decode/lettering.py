"""Whether a film bears lettering: a line of glyphs burnt into its pixels, light or dark.

A side marker alone is one or two letters; names and numbers are lines of more. What is looked
for are patches at the end of the gray scale that stand out from what is around them, are as
high as one another, and stand on one line.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from triage.domain.film import BURNT_IN_TEXT

_LONG_SIDE = 1024
"""Most pixels of the longer side that are looked at; of larger films, every n-th is."""

_EXTREME = 0.15
"""Part of the film's range, from its end, in which ink lies."""

_APART = 0.3
"""Part of the film's range, from the same end, that the paper between the strokes is away."""

_LEAST_HEIGHT = 5
"""Pixels of a glyph that is still told from noise, as looked at."""

_MOST_HEIGHT = 0.08
"""Of the longest side looked at: larger patches are anatomy."""

_MOST_PATCHES_OF_ANY_SIZE = 20_000
"""Where there are more, the film is noise too."""

_LABELS_OF_A_WORD = 65536
"""Labels of 16 bits took half of the time of those of 32; each run of ink may take one at first."""

_MOST_STROKES = 0.1
"""Of a row's pixels: a row with more is noise."""

_WIDEST = 1.6
"""Width of a glyph by its height."""

_MARGIN = 32
"""Rows below the last busy one in which its glyphs may end."""

_FEWEST = 4
"""Glyphs of a line; side markers with a technician's initials have up to 3."""

_MOST_PATCHES = 256
"""Of plausible size: where there are more, the film is noise at this end of its range."""

_Glyphs = NDArray[np.int64]
"""(n, 4): left, top, width, height of each patch, in pixels as looked at."""


def lettering_note(stored: NDArray[np.generic]) -> tuple[str, ...]:
    """Return the note of a film that bears lettering; nothing of another."""
    return (BURNT_IN_TEXT,) if bears_lettering(stored) else ()


def bears_lettering(stored: NDArray[np.generic]) -> bool:
    """Tell whether a film bears a line of at least four glyphs.

    Args:
        stored: (rows, columns), stored values of any integer type; what is white does not
            matter.
    """
    step = -(-max(stored.shape) // _LONG_SIDE)  # rounded up
    looked_at = np.ascontiguousarray(stored[::step, ::step])
    low, high, _, _ = cv2.minMaxLoc(looked_at)
    if high <= low:
        return False
    scale = 255 / (high - low)
    values = np.asarray(cv2.convertScaleAbs(looked_at, alpha=scale, beta=-scale * low), np.uint8)
    return _bears_light(values) or _bears_light(~values)


def _bears_light(values: NDArray[np.uint8]) -> bool:
    """Tell whether there is a line of light glyphs; ``values`` span their range."""
    _, ink = cv2.threshold(values, 255 * (1 - _EXTREME), 255, cv2.THRESH_BINARY)
    patches = _plausible(np.asarray(ink, np.uint8))
    if _longest_line(patches) < _FEWEST:
        return False
    return _longest_line(_standing_out(patches, values)) >= _FEWEST


def _plausible(ink: NDArray[np.uint8]) -> _Glyphs:
    """Find the patches that are as large as glyphs and neither dots nor bars."""
    strokes = _strokes(ink)
    mask, left = _cropped(ink[: _last_busy(strokes, ink.shape[1]) + _MARGIN])
    # A row may begin within a stroke, which is none of those that were counted.
    runs = int(strokes.sum()) + len(strokes)
    label = cv2.CV_16U if runs < _LABELS_OF_A_WORD else cv2.CV_32S
    count, _, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=label)
    if count > _MOST_PATCHES_OF_ANY_SIZE:
        return np.zeros((0, 4), np.int64)
    patches = np.asarray(boxes, np.int64)[1:, :4]  # the first is what is no ink
    patches[:, 0] += left
    width, height = patches[:, 2], patches[:, 3]
    fits = (height >= _LEAST_HEIGHT) & (height <= _MOST_HEIGHT * _LONG_SIDE)
    found = patches[fits & (width <= _WIDEST * height)]
    return found if len(found) <= _MOST_PATCHES else found[:0]


def _cropped(ink: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Cut off the columns beside all ink; the number of those on the left comes with it."""
    columns = np.flatnonzero(cv2.reduce(ink, 0, cv2.REDUCE_MAX))
    if columns.size == 0:
        return ink[:, :1], 0
    return ink[:, columns[0] : columns[-1] + 1], int(columns[0])


def _strokes(ink: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Count where ink begins within each row: (rows,)."""
    begins = (ink[:, 1:] > ink[:, :-1]).view(np.uint8)
    if begins.size == 0:
        return np.zeros(len(ink), np.int32)
    return np.asarray(cv2.reduce(begins, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S), np.int32)[:, 0]


def _last_busy(strokes: NDArray[np.int32], columns: int) -> int:
    """Number the last row that has as many strokes as a line of text.

    To look for patches in the smooth rows below it took most of the time.
    """
    busy = np.flatnonzero((strokes >= _FEWEST - 1) & (strokes <= _MOST_STROKES * columns))
    return int(busy[-1]) if busy.size else 0


def _standing_out(glyphs: _Glyphs, values: NDArray[np.uint8]) -> _Glyphs:
    """Keep the glyphs whose surroundings are far from ink: bones shade off."""
    kept = [glyph for glyph in glyphs if _paper(glyph, values) <= 255 * (1 - _APART)]
    return np.array(kept, np.int64).reshape(-1, 4)


def _paper(glyph: NDArray[np.int64], values: NDArray[np.uint8]) -> float:
    """Return the median of the frame, one pixel away, around a glyph."""
    left, top, width, height = glyph
    frame = values[max(0, top - 2) : top + height + 2, max(0, left - 2) : left + width + 2]
    ring = np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]])
    return float(np.percentile(ring, 75))


def _longest_line(glyphs: _Glyphs) -> int:
    """Count the glyphs of the longest line."""
    ordered = glyphs[np.argsort(glyphs[:, 0], kind="stable")]
    lengths = np.ones(len(ordered), np.int64)
    for place, followers in enumerate(_follow(ordered)):
        np.maximum(lengths, lengths[place] + 1, out=lengths, where=followers)
    return int(lengths.max(initial=0))


def _follow(ordered: _Glyphs) -> NDArray[np.bool_]:
    """Tell which glyphs stand behind which on one line, equally high.

    Args:
        ordered: (n, 4), from left to right.

    Returns:
        (n, n): row by row the glyph in front, column by column those behind it.
    """
    left, top, width, height = ordered.T
    bottom, right = top + height, left + width
    lowest = np.minimum.outer(height, height)
    gap = left - right[:, None]
    follows = (gap >= -0.25 * lowest) & (gap <= 1.2 * height[:, None])
    follows &= np.abs(bottom - bottom[:, None]) <= 0.3 * lowest
    follows &= np.maximum.outer(height, height) <= 1.6 * lowest
    return np.triu(follows, 1)
