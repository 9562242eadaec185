"""Where the exposed field lies inside borders that show nothing.

Collimators, printers and PACS exports leave bars around a film: black, white or gray, on one to
four sides. A line of pixels that shows one gray from end to end bears nothing to be read, so
lines are peeled off from outside for as long as they do. Whether one is peeled off depends on
itself alone: a film comes out the same whatever was put around it. What is turned by a few
degrees, or has lettering in it, stays.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from triage.domain.film import Box, Film

_SAMPLES = 256
"""Lines looked at on each side, and pixels in each, before the edge is searched for exactly."""

_TOLERANCE = 10 / 255
"""Furthest from its line's median that a pixel still shows the same gray; noise of 3 does."""

_OUTLIERS = 0.01
"""Part of a line that may show something else: dead pixels, and less than a letter."""

_LEAST_LEFT = 0.5
"""Part of each side that is left over at least; where less would be, nothing is cut."""

_Lines = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Lines of a film that are looked at, and the rectangle of them that is left.

    Args:
        film: the film.
        rows, columns: numbers of its lines that are looked at, ascending; the outermost are.
        gray: ``float32`` (rows, columns), what the film shows where they cross, within [0, 1].
    """

    film: Film
    rows: _Lines
    columns: _Lines
    gray: NDArray[np.float32]

    def upright(self) -> "_Grid":
        """Exchange rows and columns."""
        return replace(self, rows=self.columns, columns=self.rows, gray=self.gray.T)


def field(film: Film) -> Box:
    """Find the rectangle of a film that shows anything.

    Args:
        film: at any resolution; some 65,000 of its pixels are looked at, and the lines next to
            each edge that is found.

    Returns:
        The rectangle, in the film's pixels: all of it where there is no border, or where more
        than half of a side would be cut.
    """
    rows, columns = (_chosen(side) for side in film.shape)
    whole = Box(0, 0, *film.shape)
    gray = film.display(film.stored[np.ix_(rows, columns)].astype(np.float32))
    left = _peeled(gray)
    if left is None:
        return whole
    top, bottom, first, last = left
    across, down = columns[first:last], rows[top:bottom]
    edges = (
        _edge(rows, top, shows_one_gray=_line_of(film.stored[:, across], film)),
        _far_edge(rows, bottom, shows_one_gray=_line_of(film.stored[:, across], film)),
    )
    raise NotImplementedError
