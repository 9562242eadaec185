"""Where a film's exposed field lies inside borders that show nothing.

Collimators, printers and PACS exports leave bars around a film: black, white or gray, on one to
four sides. A line of pixels that shows one gray from end to end bears nothing to be read, so
lines are peeled off from outside for as long as they do. What decides over a line is the line
and its neighbour, so that a film comes out the same whatever was put around it. Bars that are
turned by a few degrees, or have a marker in them, stay: too little is cut rather than too much.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.domain.film import Box, Film

_SAMPLES = 256
"""Lines looked at along each side before an edge is searched for exactly."""

_TOLERANCE = 10 / 255
"""Furthest from its line's median that a pixel is still of the same gray: noise of 3 is."""

_DRIFT = 4 / 255
"""Furthest that a bar's gray may wander; what shades off goes on, and may be an abdomen."""

_OUTLIERS = 0.01
"""Part of a line that may show something else: dead pixels, and less than a letter."""

_LEAST_LEFT = 0.5
"""Part of each side that has to be left; where less would be, nothing is cut."""

_Numbers = NDArray[np.intp]


def field(film: Film) -> Box:
    """Find the rectangle of a film that shows anything.

    Args:
        film: at any resolution; about 65,000 of its pixels are looked at, and the lines next
            to each edge that is found.

    Returns:
        The rectangle in the film's pixels: all of them where there is no border, or where less
        than half of a side would be left.
    """
    rows, columns = film.shape
    down, across = _chosen(rows), _chosen(columns)
    # Of each side, the lines that are looked at, counted from outside: top, right, bottom, left.
    numbers = (down, columns - 1 - across[::-1], rows - 1 - down[::-1], across)
    gray = film.display(film.stored[np.ix_(down, across)].astype(np.float32))
    bars = _bars(gray)
    if not _enough(_rest(gray, bars), gray.shape):
        return Box(0, 0, rows, columns)
    top, right, bottom, left = (_exact(film, numbers, bars, side) for side in range(4))
    found = Box(top, left, rows - top - bottom, columns - left - right)
    return found if _enough(found, film.shape) else Box(0, 0, rows, columns)


class _Bar:
    """The lines peeled off one side so far; it grows.

    ``_outer`` is the gray of its outermost line, ``_inner`` that of its innermost.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._outer = self._inner = float("inf")

    def takes(self, line: NDArray[np.float32]) -> bool:
        """Peel a line off if it shows one gray and does not shade off from the one before."""
        gray = float(np.median(line))
        others = np.count_nonzero(np.abs(line - gray) > _TOLERANCE)
        if others > _OUTLIERS * line.size:
            return False
        if abs(gray - self._inner) > _TOLERANCE:  # a bar inside a bar
            self._outer = gray
        self._inner = gray
        return abs(gray - self._outer) <= _DRIFT


def _chosen(side: int) -> _Numbers:
    """Number at most 256 lines evenly, the outermost among them."""
    return np.unique(np.linspace(0, side - 1, min(side, _SAMPLES)).round().astype(np.intp))


def _bars(gray: NDArray[np.float32]) -> list[_Bar]:
    """Peel all sides in turn until none gives way, or too little is left."""
    bars = [_Bar() for _ in range(4)]
    before = -1
    while before != (before := sum(bar.lines for bar in bars)):
        for side, bar in enumerate(bars):
            while _enough(rest := _rest(gray, bars), gray.shape):
                if not bar.takes(_turned(gray, rest, side)[0]):
                    break
                bar.lines += 1
    return bars


def _rest(gray: NDArray[np.float32], bars: Sequence[_Bar]) -> Box:
    """Return what the bars leave of the lines that are looked at."""
    top, right, bottom, left = (bar.lines for bar in bars)
    return Box(top, left, gray.shape[0] - top - bottom, gray.shape[1] - left - right)


def _turned(gray: NDArray[np.float32], rest: Box, side: int) -> NDArray[np.float32]:
    """Turn the rest so that its side lies on top."""
    return np.rot90(gray[rest.slices], side)


def _enough(rest: Box, shape: tuple[int, ...]) -> bool:
    return rest.rows >= _LEAST_LEFT * shape[0] and rest.columns >= _LEAST_LEFT * shape[1]


def _exact(film: Film, numbers: Sequence[_Numbers], bars: Sequence[_Bar], side: int) -> int:
    """Count the film's own lines in a bar, those that were not looked at among them."""
    bar, before, behind = bars[side], bars[side - 1], bars[(side + 1) % 4]
    if bar.lines == 0:
        return 0
    turned = np.rot90(film.stored, side)
    across = numbers[side - 1]
    crossing = across[before.lines : across.size - behind.lines]
    line, end = int(numbers[side][bar.lines - 1]) + 1, int(numbers[side][bar.lines])
    while line < end and bar.takes(film.display(turned[line, crossing].astype(np.float32))):
        line += 1
    return line
