"""What screening sees of a film: one small picture, rendered once for all gates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from triage.domain.film import Box, Film
from triage.infer.input import drawn

SIDE = 256
"""Rows and columns of the square, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A film as the gates see it.

    Args:
        shape: rows and columns of the film as stored.
        square: ``float32`` (256, 256) within [0, 1], the film without its borders in display
            sense, its aspect kept, black elsewhere.
        box: where in the square it lies.
    """

    shape: tuple[int, int]
    square: Tensor
    box: Box

    @property
    def gray(self) -> NDArray[np.float32]:
        """Rows and columns of the square that show the film."""
        return np.asarray(self.square[self.box.slices].numpy())


def look_at(film: Film) -> Look:
    """Render what the gates see."""
    square, _, box = drawn(film, SIDE)
    return Look(film.shape, square, box)
