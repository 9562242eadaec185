"""A film: pixel values as stored, and how a reader would see them."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class View(StrEnum):
    """(0018,5101) *View Position* as far as it matters here."""

    PA = "PA"
    AP = "AP"
    UNKNOWN = "unknown"


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
    """

    stored: NDArray[np.generic]
    display: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    resample: Callable[[NDArray[np.generic], tuple[int, int]], NDArray[np.float32]]
    spacing_mm: tuple[float, float] | None = None
    view: View = View.UNKNOWN
    portable: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the film as stored."""
        rows, columns = self.stored.shape
        return int(rows), int(columns)

    def render(self, size: tuple[int, int] | None = None) -> NDArray[np.float32]:
        """Render the film in display sense, computing only what is asked.

        Args:
            size: rows and columns wished for, not larger than the film; as stored if absent.

        Returns:
            ``float32`` of that size within [0, 1], 1 is white.
        """
        if size is None or size == self.shape:
            return self.display(self.stored.astype(np.float32))
        return self.display(self.resample(self.stored, size))
