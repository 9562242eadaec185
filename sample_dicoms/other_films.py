"""Films that must not be assessed: a lateral chest and a hand."""

import numpy as np

from sample_dicoms.drawing import (
    Canvas,
    Layer,
    Point,
    band,
    blurred,
    edge,
    ellipse,
    grain,
    stroke,
    union,
)

_FINGERS: tuple[tuple[Point, Point, Point], ...] = (
    ((-0.34, 0.60), (-0.62, 0.44), (-0.80, 0.31)),
    ((-0.22, 0.52), (-0.32, 0.30), (-0.38, 0.10)),
    ((-0.04, 0.50), (-0.04, 0.26), (-0.04, 0.05)),
    ((0.14, 0.51), (0.22, 0.29), (0.28, 0.09)),
    ((0.30, 0.55), (0.46, 0.38), (0.56, 0.23)),
)
"""Knuckle, middle and tip of each finger, the thumb first."""

_WRIST: Point = (0.02, 0.84)
_CARPALS: tuple[Point, ...] = (
    *((-0.14, 0.80), (-0.02, 0.785), (0.10, 0.79)),
    *((-0.09, 0.835), (0.04, 0.83), (0.15, 0.83)),
)


def lateral(shape: tuple[int, int], *, seed: int) -> Layer:
    """Draw a left lateral chest film: breastbone on the left edge, spine on the right.

    Args:
        shape: rows and columns.
        seed: of the noise.

    Returns:
        ``float64`` within [0, 1].
    """
    canvas, random = Canvas.of(shape), np.random.default_rng(seed)
    body = ellipse(canvas, (0.02, 0.56), (0.84, 0.60), softness=0.1)
    lung = ellipse(canvas, (0.02, 0.45), (0.60, 0.37), softness=0.12)
    lung *= edge(0.78 - 0.10 * canvas.x - canvas.y, 0.02)
    film = 0.74 * body - 0.50 * lung
    film += 0.42 * ellipse(canvas, (-0.22, 0.62), (0.27, 0.14), tilt=-0.5, softness=0.2)
    film += 0.40 * edge(canvas.y - 0.78 + 0.10 * canvas.x, 0.03) * body
    film += 0.26 * _lateral_spine(canvas) * body
    film += 0.12 * _lateral_ribs(canvas) * body
    film += 0.16 * stroke(canvas, (-0.50, 0.26), (-0.62, 0.58), radii=(0.014, 0.014))
    film -= 0.16 * stroke(canvas, (0.08, 0.08), (0.14, 0.40), radii=(0.02, 0.016))
    return _exposed(film, random)


def hand(shape: tuple[int, int], *, seed: int) -> Layer:
    """Draw a hand with its fingers up; contract as ``lateral``."""
    canvas, random = Canvas.of(shape), np.random.default_rng(seed)
    palm = ellipse(canvas, (0.02, 0.66), (0.40, 0.19), softness=0.1)
    arm = stroke(canvas, _WRIST, (0.04, 1.10), radii=(0.105, 0.115))
    flesh = [stroke(canvas, a, b, radii=(0.050, 0.043)) for a, b, _ in _FINGERS]
    flesh += [stroke(canvas, b, c, radii=(0.043, 0.032)) for _, b, c in _FINGERS]
    film = 0.38 * blurred(union([palm, arm, *flesh]), 4)
    return _exposed(film + 0.42 * _hand_bones(canvas), random)


def _lateral_spine(canvas: Canvas) -> Layer:
    """Vertebral bodies along the back, following its curve."""
    center = 0.52 + 0.10 * np.sin(np.pi * canvas.y)
    bodies = 0.6 + 0.4 * np.cos(2 * np.pi * canvas.y / 0.07)
    return edge(0.10 - np.abs(canvas.x - center), 0.04) * bodies


def _lateral_ribs(canvas: Canvas) -> Layer:
    """Ribs that fall from the spine to the front."""
    fall = 0.20 * (0.6 - canvas.x) - 0.05 * np.cos(1.6 * canvas.x)
    ribs = union(
        band(canvas, start + fall, half_width=0.011)
        for start in np.linspace(0.10, 0.62, 9).tolist()
    )
    return ribs * edge(0.62 - canvas.x, 0.1) * edge(canvas.x + 0.58, 0.1)


def _hand_bones(canvas: Canvas) -> Layer:
    """Metacarpals, phalanges, carpals and the two bones of the forearm."""
    bones = [_bone(canvas, _between(_WRIST, a, 0.28), a, 0.018) for a, _, _ in _FINGERS]
    for knuckle, middle, tip in _FINGERS:
        bones.append(_bone(canvas, knuckle, _between(knuckle, middle, 0.94), 0.015))
        bones.append(_bone(canvas, middle, _between(middle, tip, 0.48), 0.0125))
        bones.append(_bone(canvas, _between(middle, tip, 0.56), _between(middle, tip, 0.93), 0.010))
    carpals = [
        (-0.14, 0.80),
        (-0.02, 0.785),
        (0.10, 0.79),
        (-0.09, 0.835),
        (0.04, 0.83),
        (0.15, 0.83),
    ]
    bones += [ellipse(canvas, place, (0.062, 0.024), softness=0.3) for place in carpals]
    bones.append(_bone(canvas, (-0.08, 0.875), (-0.08, 1.10), 0.034))
    bones.append(_bone(canvas, (0.13, 0.880), (0.13, 1.10), 0.024))
    return union(bones)


def _bone(canvas: Canvas, start: Point, end: Point, radius: float) -> Layer:
    """Draw a bone: wide ends, a slim shaft, marrow less dense than the cortex."""
    middle = _between(start, end, 0.5)
    outside = union(
        [
            stroke(canvas, start, middle, radii=(radius * 1.25, radius * 0.8)),
            stroke(canvas, middle, end, radii=(radius * 0.8, radius * 1.2)),
        ]
    )
    marrow = stroke(canvas, start, end, radii=(radius * 0.5, radius * 0.5))
    return outside - 0.35 * marrow


def _between(start: Point, end: Point, part: float) -> Point:
    """Find the point at ``part`` of the way."""
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def _exposed(film: Layer, random: np.random.Generator) -> Layer:
    """Blur and grain as a detector adds them."""
    shown = 0.02 + 1.12 * (1 - np.exp(-1.25 * np.clip(blurred(film, 1), 0, None)))
    noise = grain(film.shape, random, coarseness=1)
    return np.clip(shown + 0.0035 * (0.5 + shown) * noise, 0, 1)
