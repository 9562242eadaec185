"""Where a film's exposed field lies inside borders that show nothing.

Collimators, printers and PACS exports leave bars around a film: black, white or gray, on one to
four sides. A line of pixels that shows one gray from end to end bears nothing to be read, so
lines are peeled off from outside for as long as they do. What decides over a line is the line
and its neighbour, so that a film comes out the same whatever was put around it, and a sum over
its pixels, so that no single gray level decides. Bars that are turned by a few degrees, or have
a marker in them, stay: too little is cut rather than too much.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.domain.film import Box, Film

_SAMPLES = 256
"""Leaps along a side before an edge is searched for exactly; and of a line at least so many
pixels are looked at, all of them up to twice as many."""

_NOISE = 5 / 255
"""What a pixel may be off its line's median without being counted: noise of 4 is."""

_MOST_OFF = 50 / 255
"""What one pixel counts at most, so that a few dead ones hide no bar."""

_ALLOWED = 0.503 / 255
"""Mean that a line's pixels may be off beyond noise: 1 % of white ones on black, no letter.

No mean of whole levels is this, so that rounding does not decide; nor over the step below."""

_STEP = 10.5 / 255
"""Difference of gray that parts a bar from one inside it; a bar that wanders by less in all
does not shade off."""

_LEAST_LEFT = 0.5
"""Part of each side that has to be left; where less would be, nothing is cut."""


def field(film: Film) -> Box:
    """Find the rectangle of a film that shows anything.

    Args:
        film: at any resolution; of a film without borders four lines are looked at.

    Returns:
        The rectangle in the film's pixels: all of them where there is no border, or where less
        than half of a side would be left.
    """
    bars = [_Bar() for _ in range(4)]
    before = -1
    while before != (before := sum(bar.lines for bar in bars)):
        for side in range(4):
            _peel(film, bars, side)
    found = _rest(film, bars)
    return found if _enough(found, film) else Box(0, 0, *film.shape)


class _Bar:
    """The lines peeled off one side so far; it grows.

    ``_outer`` is the gray of its outermost line, ``_inner`` that of its innermost.
    """

    def __init__(self) -> None:
        self.lines = 0
        self._outer = self._inner = float("inf")

    def takes(self, line: NDArray[np.float32]) -> bool:
        """Say whether a line shows one gray and does not shade off from the one before."""
        gray = float(np.median(line))
        off = np.clip(np.abs(line - np.float32(gray)) - _NOISE, 0, _MOST_OFF)
        outer = gray if abs(gray - self._inner) > _STEP else self._outer  # a bar inside a bar
        if float(off.mean()) > _ALLOWED or abs(gray - outer) > _STEP:
            return False
        self._outer, self._inner = outer, gray
        return True


def _peel(film: Film, bars: Sequence[_Bar], side: int) -> None:
    """Let the bar of one side grow as far as it does: by leaps, and the last leap by lines."""
    bar = bars[side]
    for leap in (max(1, film.shape[side % 2] // _SAMPLES), 1):
        while _enough(_rest(film, bars), film):
            number = bar.lines + leap - 1 if bar.lines else 0
            if not bar.takes(_line(film, bars, side, number=number)):
                break
            bar.lines = number + 1


def _line(film: Film, bars: Sequence[_Bar], side: int, *, number: int) -> NDArray[np.float32]:
    """Show a line of the film turned so that a side lies on top, between the other bars."""
    turned = np.rot90(film.stored, side)
    begin, end = bars[side - 1].lines, turned.shape[1] - bars[(side + 1) % 4].lines
    stride = max(1, (end - begin) // _SAMPLES)
    return film.display(turned[number, begin:end:stride].astype(np.float32))


def _rest(film: Film, bars: Sequence[_Bar]) -> Box:
    """Return what the bars leave of the film: those above, right, below and left."""
    (rows, columns), (top, right, bottom, left) = film.shape, (bar.lines for bar in bars)
    return Box(top, left, rows - top - bottom, columns - left - right)


def _enough(rest: Box, film: Film) -> bool:
    rows, columns = film.shape
    return rest.rows >= _LEAST_LEFT * rows and rest.columns >= _LEAST_LEFT * columns
