"""Soft shapes on a canvas: every shape is an array of how much of it lies over each pixel.

Everything is float64 NumPy, so that the same seed draws the same film on every machine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.float64]
"""``float64`` (rows, columns)."""

Point = tuple[float, float]
"""x from -1 (left edge) to 1, y from 0 (upper edge) to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """The coordinates of each pixel of a film.

    Args:
        x: (rows, columns), from -1 at the left edge to 1.
        y: (rows, columns), from 0 at the upper edge to 1.
    """

    x: Layer
    y: Layer

    @classmethod
    def of(cls, shape: tuple[int, int]) -> "Canvas":
        """Make the coordinates of a film with rows and columns ``shape``."""
        rows, columns = shape
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float64)
        return cls(2 * (x + 0.5) / columns - 1, (y + 0.5) / rows)


def edge(distance: Layer, softness: float) -> Layer:
    """Rise from 0 to 1 where ``distance`` becomes positive, over about ``softness``."""
    return np.asarray(1 / (1 + np.exp(-np.clip(4 * distance / softness, -40, 40))))


def ellipse(
    canvas: Canvas, center: Point, radii: Point, *, tilt: float = 0.0, softness: float = 0.05
) -> Layer:
    """Draw a filled ellipse; ``tilt`` in radians turns it clockwise."""
    dx, dy = canvas.x - center[0], canvas.y - center[1]
    along = dx * np.cos(tilt) + dy * np.sin(tilt)
    across = -dx * np.sin(tilt) + dy * np.cos(tilt)
    return edge(1 - np.hypot(along / radii[0], across / radii[1]), softness)


def band(canvas: Canvas, center_y: Layer, *, half_width: float) -> Layer:
    """Draw a band around a curve given as y for every pixel, with firm edges."""
    squared = ((canvas.y - center_y) / half_width) ** 2
    return np.asarray(np.exp(-np.minimum(squared * squared, 40)))


def stroke(canvas: Canvas, start: Point, end: Point, *, radii: Point) -> Layer:
    """Draw a rounded bar whose radius goes from ``radii[0]`` to ``radii[1]``, in units of y."""
    dx, dy = (end[0] - start[0]) / 2, end[1] - start[1]
    px, py = (canvas.x - start[0]) / 2, canvas.y - start[1]
    length = max(dx * dx + dy * dy, 1e-12)
    part = np.clip((px * dx + py * dy) / length, 0, 1)
    distance = np.hypot(px - part * dx, py - part * dy)
    radius = radii[0] + (radii[1] - radii[0]) * part
    return edge(1 - distance / radius, 0.5)


def polyline(canvas: Canvas, points: Sequence[Point], *, radii: Point) -> Layer:
    """Draw bars through the points, thinning from the first to the last."""
    drawn = np.zeros_like(canvas.x)
    steps = np.linspace(radii[0], radii[1], len(points)).tolist()
    for n in range(len(points) - 1):
        near = _near(canvas, points[n], points[n + 1], margin=4 * steps[n])
        part = Canvas(canvas.x[near], canvas.y[near])
        bar = stroke(part, points[n], points[n + 1], radii=(steps[n], steps[n + 1]))
        drawn[near] = np.maximum(drawn[near], bar)
    return drawn


def _near(canvas: Canvas, start: Point, end: Point, *, margin: float) -> tuple[slice, slice]:
    """Find the rows and columns around a bar, so that thin things are drawn fast."""
    rows, columns = canvas.x.shape
    upper, lower = sorted((start[1], end[1]))
    left, right = sorted((start[0], end[0]))
    return (
        slice(max(0, int((upper - margin) * rows)), max(0, int((lower + margin) * rows) + 1)),
        slice(
            max(0, int((left - 2 * margin + 1) / 2 * columns)),
            max(0, int((right + 2 * margin + 1) / 2 * columns) + 1),
        ),
    )


def union(layers: Iterable[Layer]) -> Layer:
    """Lay shapes of one kind over each other without adding them up."""
    found = list(layers)
    return np.asarray(np.maximum.reduce(found))


def blurred(layer: Layer, radius: int) -> Layer:
    """Blur with a triangle of ``radius`` pixels in both directions; edges are continued."""
    weights = np.bartlett(2 * radius + 3)[1:-1]
    weights = weights / weights.sum()
    padded = np.pad(layer, radius, mode="edge")
    rows = sum(w * padded[n : n + layer.shape[0], :] for n, w in enumerate(weights))
    both = sum(w * rows[:, n : n + layer.shape[1]] for n, w in enumerate(weights))
    return np.asarray(both)


def grain(shape: tuple[int, int], random: np.random.Generator, *, coarseness: int) -> Layer:
    """Draw structure without form: noise of standard deviation 1 and grains of some pixels."""
    noise = blurred(random.standard_normal(shape), coarseness)
    return np.asarray(noise / noise.std())
