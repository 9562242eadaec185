"""Frontal films as they vary, and what is made of them that is no frontal film any more.

Every function takes and returns a square, ``float32`` (size, size) within [0, 1].
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Square = NDArray[np.float32]
Distortion = Callable[[Square, Generator], Square]


def chance(random: Generator, share: float) -> bool:
    """Say yes with probability ``share``."""
    return bool(random.random() < share)


def varied(square: Square, random: Generator) -> Square:
    """Vary place, exposure, sharpness, borders and lung density as real films do."""
    if chance(random, 0.5):
        square = square[:, ::-1]
    square = placed(
        square,
        degrees=random.normal(0, 4),
        scale=random.uniform(0.85, 1.15),
        shift=random.uniform(-0.05, 0.05, 2),
        fill=random.choice([0, 0, 0, 1, 0.5]),
    )
    if chance(random, 0.2):
        square = _clouded(square, random)
    if chance(random, 0.2):
        square = _framed(square, random)
    if chance(random, 0.3):
        square = _single(cv2.GaussianBlur(square, (0, 0), random.uniform(0.3, 1.0)))
    return exposed(square, random)


def exposed(square: Square, random: Generator) -> Square:
    """Vary gamma, window and noise."""
    low, high = random.uniform(-0.15, 0.12), random.uniform(0.85, 1.2)
    shown = np.clip((square - low) / (high - low), 0, 1) ** random.uniform(0.6, 1.6)
    noise = random.normal(0, random.uniform(0, 0.04), square.shape)
    return _single(np.clip(shown + noise, 0, 1))


def placed(
    square: Square, *, degrees: float, scale: float, shift: NDArray[np.float64], fill: float
) -> Square:
    """Turn, scale and move a square; ``fill`` is what comes in from outside."""
    size = len(square)
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), degrees, scale)
    matrix = matrix + np.column_stack([np.zeros((2, 2)), shift * size])
    return _single(
        cv2.warpAffine(np.ascontiguousarray(square), matrix, (size, size), borderValue=fill)
    )


def _clouded(square: Square, random: Generator) -> Square:
    """Make a part denser, as effusion, consolidation and masses do."""
    y, x = _grid(len(square))
    cx, cy = random.uniform(0.2, 0.8, 2)
    rx, ry = random.uniform(0.05, 0.25, 2)
    cloud = np.exp(-(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)).astype(np.float32)
    return _single(square + random.uniform(0.2, 0.7) * cloud * (0.9 - square).clip(0))


def _framed(square: Square, random: Generator) -> Square:
    """Lay collimator leaves or borders over some of the four sides."""
    framed, size = square.copy(), len(square)
    value = random.choice([0, 0, 1, 0.8])
    for quarter in range(4):
        width = int(random.integers(1, size // 9 + 2)) * int(random.integers(2))
        np.rot90(framed, quarter)[:width] = value
    return framed


def part(square: Square, random: Generator) -> Square:
    """Keep less than a half of the film, enlarged."""
    size = len(square)
    rows, columns = (int(size * s) for s in random.uniform(0.25, 0.55, 2))
    if chance(random, 0.5):
        rows = int(size * random.uniform(0.6, 1.0))
        columns = int(size * random.uniform(0.3, 0.5))
    top, left = random.integers(0, size - rows + 1), random.integers(0, size - columns + 1)
    return _fitted(square[top : top + rows, left : left + columns], size, random)


def folded(square: Square, random: Generator) -> Square:
    """Lay one half over the other, so that the lungs lie behind each other as laterally."""
    half = len(square) // 2
    share = random.uniform(0.35, 0.65)
    over = share * square[:, :half] + (1 - share) * square[:, half:][:, :: random.choice([-1, 1])]
    return _fitted(over, len(square), random)


def shuffled(square: Square, random: Generator) -> Square:
    """Cut into bands or tiles and put them together in another order."""
    parts = int(random.integers(2, 5))
    mixed = square
    for _ in range(int(random.integers(1, 3))):
        pieces = np.array_split(mixed, parts, axis=0)
        order = np.roll(random.permutation(parts), 1)
        if (order == np.arange(parts)).all():
            order = order[::-1]
        mixed = np.concatenate([pieces[n] for n in order]).T
    return np.ascontiguousarray(np.rot90(mixed, int(random.integers(4))))


def rolled(square: Square, random: Generator) -> Square:
    """Move the film in a circle, so that its middle lies at a border."""
    size = len(square)
    across, down = random.integers(size // 4, 3 * size // 4, 2)
    if chance(random, 0.3):
        return np.roll(square, down, axis=0)
    moved = np.roll(square, across, axis=1)
    return np.roll(moved, down, axis=0) if chance(random, 0.6) else moved


def scrambled(square: Square, random: Generator) -> Square:
    """Keep the power spectrum and take other phases: what is left is texture."""
    noise = np.fft.fft2(random.standard_normal(square.shape))
    spectrum = np.abs(np.fft.fft2(square)) * np.exp(1j * np.angle(noise))
    return _stretched(np.fft.ifft2(spectrum).real)


def warped(square: Square, random: Generator) -> Square:
    """Bend until the anatomy is gone."""
    size = len(square)
    y, x = _grid(size)
    waves = random.uniform(1, 3, 2)
    depth = random.uniform(0.12, 0.3, 2)
    at_x = x + depth[0] * np.sin(2 * np.pi * (waves[0] * y + random.random()))
    at_y = y + depth[1] * np.sin(2 * np.pi * (waves[1] * x + random.random()))
    map_x, map_y = (_single(a * size) for a in (at_x, at_y))
    return _single(
        cv2.remap(
            np.ascontiguousarray(square),
            map_x,
            map_y,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
    )


def polar(square: Square, random: Generator) -> Square:
    """Wind the film around a point: rings and spokes, as in slices."""
    size = len(square)
    flags = cv2.WARP_FILL_OUTLIERS | (cv2.WARP_INVERSE_MAP if chance(random, 0.7) else 0)
    turned = np.ascontiguousarray(np.rot90(square, int(random.integers(4))))
    return _single(cv2.warpPolar(turned, (size, size), (size / 2, size / 2), size * 0.5, flags))


def tilted(square: Square, random: Generator) -> Square:
    """Turn by an angle at which nobody reads a film."""
    degrees = float(random.choice([-1, 1])) * random.uniform(35, 55) + 90 * random.integers(4)
    return placed(square, degrees=degrees, scale=random.uniform(0.7, 1), shift=np.zeros(2), fill=0)


def paired(square: Square, random: Generator) -> Square:
    """Show the film twice on one sheet."""
    size = len(square)
    twice = np.concatenate([square, square[:, :: random.choice([-1, 1])]], axis=1)
    twice = twice if chance(random, 0.5) else np.concatenate([square, square], axis=0)
    return _fitted(twice, size, random)


def shrunk(square: Square, random: Generator) -> Square:
    """Show the film small in a corner of something large."""
    size, small = len(square), int(len(square) * random.uniform(0.25, 0.5))
    sheet = np.full((size, size), random.random(), np.float32)
    top, left = random.integers(0, size - small + 1, 2)
    little = cv2.resize(square, (small, small), interpolation=cv2.INTER_AREA)
    sheet[top : top + small, left : left + small] = little
    return sheet


def rounded(square: Square, random: Generator) -> Square:
    """Keep an oval that is wider than high, and squeeze what lies in it, as slices are."""
    size = len(square)
    rows = int(size * random.uniform(0.5, 0.8))
    squeezed = cv2.resize(np.ascontiguousarray(square), (size, rows), interpolation=cv2.INTER_AREA)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : size * 1j]
    inside = np.hypot(x / random.uniform(0.8, 1), y / random.uniform(0.8, 1)) < 1
    sheet = np.full((size, size), random.choice([0, 0, 1]), np.float32)
    top = int(random.integers(0, size - rows + 1))
    sheet[top : top + rows] = np.where(inside, squeezed, sheet[top : top + rows])
    return sheet


def flattened(square: Square, random: Generator) -> Square:
    """Show lungs in one dark gray and all else in one light gray, as upright slices do."""
    smooth = _single(cv2.GaussianBlur(square, (0, 0), random.uniform(0.7, 1.8)))
    level, _ = cv2.threshold((smooth * 255).astype(np.uint8), 0, 1, cv2.THRESH_OTSU)
    steep = random.uniform(25, 80)
    flat = 1 / (1 + np.exp(steep * (level / 255 + random.normal(0, 0.03) - smooth)))
    dots = cv2.GaussianBlur(random.random(square.shape), (0, 0), random.uniform(0.5, 1))
    vessels = (1 - flat) * (dots > np.quantile(dots, random.uniform(0.85, 1)))
    dark, light = random.uniform(0, 0.35), random.uniform(0.6, 1)
    detail = random.uniform(0, 0.2) * (square - smooth)
    shown = dark + (light - dark) * (flat + random.uniform(0.3, 1) * vessels) + detail
    return _single(np.clip(shown, 0, 1))


def smeared(square: Square, random: Generator) -> Square:
    """Blur until only blobs are left, or along one direction only."""
    wide = random.uniform(6, 14)
    narrow = wide if chance(random, 0.5) else 0.3
    smooth = _single(cv2.GaussianBlur(square, (0, 0), wide, sigmaY=narrow))
    return _stretched(smooth if chance(random, 0.5) else smooth.T)


DISTORTIONS: dict[str, Distortion] = {
    "part": part,
    "folded": folded,
    "shuffled": shuffled,
    "rolled": rolled,
    "scrambled": scrambled,
    "warped": warped,
    "polar": polar,
    "tilted": tilted,
    "paired": paired,
    "shrunk": shrunk,
    "rounded": rounded,
    "flattened": flattened,
    "smeared": smeared,
}
"""What makes a negative out of a frontal film."""


def _fitted(picture: Square, size: int, random: Generator) -> Square:
    """Enlarge to the square, stretched or letter-boxed."""
    rows, columns = picture.shape
    if chance(random, 0.5):
        return _single(cv2.resize(np.ascontiguousarray(picture), (size, size)))
    rows, columns = (max(8, round(s * size / max(picture.shape))) for s in picture.shape)
    sheet = np.zeros((size, size), np.float32)
    top, left = (size - rows) // 2, (size - columns) // 2
    scaled = cv2.resize(np.ascontiguousarray(picture), (columns, rows))
    sheet[top : top + rows, left : left + columns] = scaled
    return sheet


def _single(values: NDArray[Any]) -> Square:
    return np.asarray(values, dtype=np.float32)


def _stretched(values: NDArray[Any]) -> Square:
    low, high = float(values.min()), float(values.max())
    return np.asarray((values - low) / max(high - low, 1e-6), dtype=np.float32)


def _grid(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[0:size, 0:size] / size
    return y, x
