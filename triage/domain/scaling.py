"""From what a network says to a frequency: one line on the scale of the logit."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

_CLOSEST = 1e-12
"""Nearer to 0 or 1 nothing is told apart: a logit is at most 27.6."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """A line on the logit; it keeps the order of films.

    Platt scaling (Platt 1999) has both numbers free; temperature scaling (Guo et al. 2017, eq. 9,
    for one class) is a slope of ``1 / T`` alone.

    Args:
        slope: above 0.
        intercept: in units of the logit.

    Raises:
        ValueError: the slope would turn the order round, or a number is not finite.
    """

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.slope) and self.slope > 0):
            raise ValueError(f"slope {self.slope:.4g}: above 0, or the order of films turns round")
        if not isfinite(self.intercept):
            raise ValueError(f"intercept {self.intercept}: a finite number")

    def of(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale probabilities: ``sigmoid(slope * logit(p) + intercept)``.

        Args:
            probabilities: any shape, within [0, 1].

        Returns:
            ``float64`` of the same shape within [0, 1].

        >>> Scaling(slope=2.0).of(np.array([0.2, 0.5, 0.8])).round(4).tolist()
        [0.0588, 0.5, 0.9412]
        """
        with np.errstate(over="ignore"):  # beyond 709 the probability is 0
            return np.asarray(1 / (1 + np.exp(-self.slope * logit(probabilities) - self.intercept)))


def logit(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), within 27.6 of 0.

    Args:
        probabilities: any shape, within [0, 1].

    >>> logit(np.array([0.0, 0.5, 1.0])).round(2).tolist()
    [-27.63, 0.0, 27.63]
    """
    inside = np.clip(probabilities, _CLOSEST, 1 - _CLOSEST)
    return np.asarray(np.log(inside) - np.log1p(-inside))
