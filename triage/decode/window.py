"""Windows: the VOI LUT functions of PS3.3 C.11.2.1."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

LEAST, MOST = 1e-12, 1e12
"""Sizes of slopes, widths and centers that are followed: beyond them float32 overflows."""


class Function(StrEnum):
    """(0028,1056) *VOI LUT Function*; LINEAR where the header tells none."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """A window with its function.

    Args:
        center: (0028,1050) *Window Center*, in modality units.
        width: (0028,1051) *Window Width*, in modality units.
        function: how values within and around the window are spread.

    Raises:
        ValueError: the width is below 1 (LINEAR), or not above 0; or center or width are
            beyond ``MOST``, or the width below ``LEAST``.
    """

    center: float
    width: float
    function: Function = Function.LINEAR

    def __post_init__(self) -> None:
        if self.width <= 0 or (self.function is Function.LINEAR and self.width < 1):
            raise ValueError(f"window width {self.width:g}: at least 1 (PS3.3 C.11.2.1.2)")
        if not LEAST <= self.width <= MOST:
            raise ValueError(f"window width {self.width:g}: {LEAST:g} to {MOST:g} is followed")
        if abs(self.center) > MOST:
            raise ValueError(f"window center {self.center:g}: at most {MOST:g} in size")

    def __call__(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map modality values of any shape to ``float32`` within [0, 1]."""
        return _FUNCTIONS[self.function](values, self.center, self.width)


def linear(values: NDArray[np.float32], center: float, width: float) -> NDArray[np.float32]:
    """Apply a LINEAR window (PS3.3 C.11.2.1.2.1).

    Args:
        values: modality values, any shape.
        center: in modality units.
        width: in modality units, at least 1; 1 is a step at ``center`` - 0.5.

    Returns:
        ``float32`` of the same shape within [0, 1].

    >>> linear(np.float32([0, 2047.5, 4095]), 2048, 4096).tolist()
    [0.0, 0.5, 1.0]
    """
    return ramp(values, center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2)


def linear_exact(values: NDArray[np.float32], center: float, width: float) -> NDArray[np.float32]:
    """Apply a LINEAR_EXACT window (PS3.3 C.11.2.1.3.2); contract as ``linear``.

    >>> linear_exact(np.float32([0, 0.5, 1]), 0.5, 1).tolist()
    [0.0, 0.5, 1.0]
    """
    return ramp(values, center - width / 2, center + width / 2)


def sigmoid(values: NDArray[np.float32], center: float, width: float) -> NDArray[np.float32]:
    """Apply a SIGMOID window (PS3.3 C.11.2.1.3.1); contract as ``linear``.

    >>> sigmoid(np.float32([-1e9, 100, 1e9]), 100, 50).round(6).tolist()
    [0.0, 0.5, 1.0]
    """
    # Beyond 40 the float32 result is 0 or 1 already, and exp() would overflow.
    exponent = np.clip((values - np.float32(center)) * np.float32(-4 / width), -40, 40)
    return np.asarray(1 / (1 + np.exp(exponent)), dtype=np.float32)


def ramp(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """Rise from 0 at ``low`` to 1 at ``high``; a step at ``low`` where both are equal.

    Args:
        values: any shape.
        low: in the units of ``values``.
        high: at least ``low``.

    Returns:
        ``float32`` of the same shape within [0, 1].
    """
    if high <= low:
        return (values > np.float32(low)).astype(np.float32)
    risen = (values - np.float32(low)) * np.float32(1 / (high - low))
    return np.clip(risen, 0, 1, out=risen)


_FUNCTIONS: dict[Function, Callable[[NDArray[np.float32], float, float], NDArray[np.float32]]] = {
    Function.LINEAR: linear,
    Function.LINEAR_EXACT: linear_exact,
    Function.SIGMOID: sigmoid,
}
