"""A film: pixel values as stored, and how a reader would see them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from triage.domain.origin import UNTOLD, Origin

BURNT_IN_TEXT = "burnt-in text seen"
"""The note of a film whose pixels bear lettering beyond a side marker."""


class View(StrEnum):
    """(0018,5101) *View Position* as far as it matters here."""

    PA = "PA"
    AP = "AP"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels.

    Args:
        top, left: rows above it and columns left of it, at least 0.
        rows, columns: its size; a box without any is empty.
    """

    top: int
    left: int
    rows: int
    columns: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the rectangle in an array of (rows, columns)."""
        down = slice(self.top, self.top + self.rows)
        return down, slice(self.left, self.left + self.columns)


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """One frontal chest film, ready to be rendered at any size.

    Args:
        stored: (rows, columns), stored pixel values after decompression.
        display: maps ``float32`` stored values of any shape to ``float32`` within [0, 1] as a
            reader sees them: Modality LUT, VOI LUT, Presentation LUT, 1 is white.
        resample: maps (rows, columns) stored values and a size to ``float32`` of that size
            by area averaging; the size is never larger than the film.
        spacing_mm: row and column spacing at the detector, or ``None``.
        view: projection, as far as the header tells.
        portable: taken at the bedside, or ``None`` where the header does not tell.
        notes: what the record says besides, such as ``age unknown``.
        origin: what reports count the film by.
    """

    stored: NDArray[np.generic]
    display: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    resample: Callable[[NDArray[np.generic], tuple[int, int]], NDArray[np.float32]]
    spacing_mm: tuple[float, float] | None = None
    view: View = View.UNKNOWN
    portable: bool | None = None
    notes: tuple[str, ...] = ()
    origin: Origin = UNTOLD

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the film as stored."""
        rows, columns = self.stored.shape
        return int(rows), int(columns)

    def render(
        self, size: tuple[int, int] | None = None, *, box: Box | None = None
    ) -> NDArray[np.float32]:
        """Render the film in display sense, computing only what is asked.

        Args:
            size: rows and columns wished for, not larger than what is rendered; as stored if
                absent.
            box: the part of the film to render; all of it if absent.

        Returns:
            ``float32`` of that size within [0, 1], 1 is white.
        """
        stored = self.stored if box is None else self.stored[box.slices]
        if size is None or size == stored.shape:
            return self.display(stored.astype(np.float32))
        return self.display(self.resample(stored, size))
