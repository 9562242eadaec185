"""Drawn pictures that are no frontal chest films: limbs, laterals, scenes, patterns, slices.

Every function takes a size and returns ``float32`` (size, size) within [0, 1].
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from triage.train.distortion import Square, chance
from triage.train.slices import belly_slice, chest_slice, head_slice, upright_slice
from triage.train.strokes import grid, oval, soft

Drawing = Callable[[int, Generator], Square]


def noise(size: int, random: Generator) -> Square:
    """Draw noise whose power falls with frequency, by a power from 0 (white) to 2 (clouds)."""
    down, across = np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None, :]
    radius = np.hypot(down, across)
    radius[0, 0] = 1
    spectrum = np.fft.fft2(random.standard_normal((size, size))) / radius ** random.uniform(0, 2)
    return _stretched(np.fft.ifft2(spectrum).real)


def gradient(size: int, random: Generator) -> Square:
    """Draw a slope or a bulge of brightness."""
    y, x = grid(size)
    angle = random.uniform(0, 2 * np.pi)
    slope = x * np.cos(angle) + y * np.sin(angle)
    bulge = np.hypot(x - random.normal(0, 0.3), y - random.normal(0, 0.3))
    return _stretched(random.random() * slope + random.normal() * bulge + 0.02 * slope)


def pattern(size: int, random: Generator) -> Square:
    """Draw checks, bars, rings or steps, as test pictures have them."""
    y, x = grid(size)
    waves = random.uniform(1.5, 12, 2)
    kinds = (
        np.sign(np.sin(waves[0] * np.pi * x) * np.sin(waves[1] * np.pi * y)),
        np.sin(waves[0] * np.pi * (x + random.normal() * y)),
        np.cos(waves[0] * np.pi * np.hypot(x, y * random.uniform(0.6, 1.6))),
        np.floor(waves[1] * x) + random.random() * np.floor(3 * y),
    )
    return _stretched(kinds[int(random.integers(len(kinds)))])


def text(size: int, random: Generator) -> Square:
    """Draw lines of lettering, as on a scanned letter."""
    dark = chance(random, 0.5)
    page = np.full((size, size), 240 if dark else 12, np.uint8)
    for line in range(4, size, int(random.integers(6, 14))):
        words = "".join(chr(int(c)) for c in random.integers(65, 91, int(random.integers(4, 14))))
        place = (int(random.integers(0, size // 3)), line)
        cv2.putText(page, words, place, 0, random.uniform(0.2, 0.5), 0 if dark else 255)
    return np.asarray(page / 255, dtype=np.float32)


def scene(size: int, random: Generator) -> Square:
    """Draw flat and shaded things in front of each other, as a photograph shows them."""
    picture = noise(size, random) * random.uniform(0.1, 0.6) + random.uniform(0, 0.5)
    for _ in range(int(random.integers(3, 16))):
        value = random.random()
        mask = _thing(size, random)
        shade = gradient(size, random) if chance(random, 0.5) else noise(size, random)
        picture = picture * (1 - mask) + mask * (0.6 * value + 0.4 * shade)
    return soft(picture, random)


def limb(size: int, random: Generator) -> Square:
    """Draw bones in flesh: a hand, a knee, a hip or a row of vertebrae."""
    flesh, bone = (np.zeros((size, size), np.float32) for _ in range(2))
    start = random.uniform(0.2, 0.8, 2) * size
    for _ in range(int(random.integers(1, 8))):
        joint, angle = start + random.normal(0, 0.06, 2) * size, random.uniform(0, 2 * np.pi)
        width = random.uniform(0.03, 0.14) * size
        for _ in range(int(random.integers(1, 5))):
            angle += random.normal(0, 0.2)
            step = random.uniform(0.15, 0.6) * size
            end = joint + step * np.array([np.cos(angle), np.sin(angle)])
            _bar(flesh, joint, end, 2.2 * width)
            _bar(bone, joint, end, width)
            joint, width = end, width * random.uniform(0.7, 1)
    marrow = cv2.erode(bone, np.ones((3, 3)))
    picture = random.uniform(0.2, 0.5) * flesh + random.uniform(0.3, 0.5) * (bone - 0.3 * marrow)
    return soft(picture, random)


def lateral(size: int, random: Generator) -> Square:
    """Draw a chest from the side: one lung field, spine at one edge, breastbone at the other."""
    y, x = grid(size)
    side = random.choice([-1.0, 1.0])
    x = x * side + random.normal(0, 0.08)
    lean = random.normal(0, 0.12)
    body = oval(x - lean * y, y, (0, 0.1), (random.uniform(0.65, 1.0), random.uniform(1.0, 1.5)))
    front, low = random.uniform(-0.6, -0.4), random.uniform(0.35, 0.7)
    lung = oval(
        x - lean * y,
        y,
        (0.05, random.uniform(-0.25, 0.0)),
        (random.uniform(0.45, 0.65), random.uniform(0.65, 0.9)),
    )
    lung = lung * (1 / (1 + np.exp((y - low + random.uniform(-0.3, 0.3) * x) * 25)))
    picture = random.uniform(0.55, 0.85) * body - random.uniform(0.25, 0.55) * lung
    heart = oval(
        x + 0.4 * (y - 0.3),
        y,
        (random.uniform(-0.3, -0.05), 0.3),
        (random.uniform(0.2, 0.35), random.uniform(0.22, 0.4)),
    )
    picture += random.uniform(0.15, 0.45) * heart * body
    center = random.uniform(0.35, 0.55) + random.uniform(0.05, 0.2) * np.cos(1.5 * y)
    spine = np.exp(-(((x - center) / random.uniform(0.07, 0.12)) ** 4))
    picture += body * spine * (0.12 + 0.1 * np.cos(random.uniform(14, 24) * y))
    fall = y - random.uniform(-0.6, 0.9) * x
    picture += 0.03 * body * (1 + np.sin(random.uniform(14, 24) * fall)) * (x > front)
    picture += random.uniform(0, 0.3) * oval(x, y, (-0.1, -0.95), (0.8, random.uniform(0.2, 0.5)))
    return soft(picture, random)


def anatomy(size: int, random: Generator) -> Square:
    """Draw a belly, pelvis or skull as a film shows it: soft ovals, a column, no lungs."""
    y, x = grid(size)
    picture = random.uniform(0.3, 0.7) * oval(x, y, (0, 0), tuple(random.uniform(0.7, 1.4, 2)))
    for _ in range(int(random.integers(2, 8))):
        cx, cy = random.uniform(0, 0.7), random.uniform(-0.8, 0.8)
        radii = tuple(random.uniform(0.08, 0.45, 2))
        value = random.uniform(-0.35, 0.4)
        for side in (-1, 1):
            shape = oval(x, y, (side * cx, cy), radii)
            hollow = shape - 0.8 * oval(x, y, (side * cx, cy), (radii[0] * 0.8, radii[1] * 0.8))
            picture = picture + value * (shape if chance(random, 0.6) else hollow)
    picture += random.uniform(0, 0.3) * (np.abs(x) < random.uniform(0.06, 0.14))
    return soft(picture, random)


DRAWINGS: dict[str, Drawing] = {
    "noise": noise,
    "gradient": gradient,
    "pattern": pattern,
    "text": text,
    "scene": scene,
    "chest slice": chest_slice,
    "belly slice": belly_slice,
    "upright slice": upright_slice,
    "head slice": head_slice,
    "limb": limb,
    "lateral": lateral,
    "anatomy": anatomy,
}
"""What is drawn from nothing."""


def _thing(size: int, random: Generator) -> Square:
    mask = np.zeros((size, size), np.float32)
    points = random.uniform(-0.2, 1.2, (int(random.integers(3, 7)), 2)) * size
    if chance(random, 0.5):
        middle, spread = points[0], random.uniform(0.08, 0.4) * size
        points = middle + random.normal(0, spread, points.shape)
    hull = cv2.convexHull(points.astype(np.int32))
    cv2.fillPoly(mask, [hull], 1.0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), random.uniform(0.3, 2)), dtype=np.float32)


def _bar(sheet: Square, start: NDArray[np.float64], end: NDArray[np.float64], width: float) -> None:
    ends = [(int(p[0]), int(p[1])) for p in (start, end)]
    cv2.line(sheet, ends[0], ends[1], 1.0, max(1, int(width)))


def _stretched(values: NDArray[np.floating]) -> Square:
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / max(high - low, 1e-6), dtype=np.float32)
