"""What drawings are made of: a grid, ovals, and the softness of a picture."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from triage.train.distortion import Square

Plane = NDArray[np.float64]


def grid(size: int) -> tuple[Plane, Plane]:
    """Return the places of the pixels, down and across, each within [-1, 1]."""
    y, x = np.mgrid[0:size, 0:size] * (2 / (size - 1)) - 1
    return y, x


def oval(
    x: Plane, y: Plane, center: tuple[float, float], radii: tuple[float, ...], *, edge: float = 25
) -> Plane:
    """Return 1 inside an oval and 0 outside; a larger ``edge`` is sharper."""
    distance = np.hypot((x - center[0]) / radii[0], (y - center[1]) / radii[1])
    return np.asarray(1 / (1 + np.exp(np.clip((distance - 1) * edge, -40, 40))))


def soft(picture: NDArray[np.floating], random: Generator) -> Square:
    """Blur a little, add a little noise, and keep within [0, 1]."""
    single = np.asarray(picture, dtype=np.float32)
    blurred = cv2.GaussianBlur(single, (0, 0), random.uniform(0.3, 1.2))
    grain = random.normal(0, random.uniform(0, 0.04), picture.shape)
    return np.asarray(np.clip(blurred + grain, 0, 1), dtype=np.float32)
