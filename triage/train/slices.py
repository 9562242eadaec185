"""Drawn slices of computed tomography, in Hounsfield units and seen through a window.

Every public function takes a size and returns ``float32`` (size, size) within [0, 1].
"""

import numpy as np
from numpy.random import Generator

from triage.train.distortion import Square, chance
from triage.train.strokes import Plane, grid, oval, soft

_AIR, _LUNG, _FAT, _MUSCLE, _BLOOD, _BONE = -1000.0, -850.0, -90.0, 50.0, 150.0, 500.0
_WINDOWS = (
    (-600.0, 1500.0),
    (-500.0, 1800.0),
    (40.0, 400.0),
    (50.0, 350.0),
    (300.0, 2000.0),
    (-150.0, 2000.0),
)
"""Center and width: lung twice, soft tissue twice, bone, and everything at once."""


class Slice:
    """A slice that is being drawn.

    Args:
        size: of its sides in pixels.
        wide: half the body's width; 1 reaches the picture's border.
        high: half the body's height.
        random: what it varies by.
    """

    def __init__(self, size: int, *, wide: float, high: float, random: Generator) -> None:
        y, x = grid(size)
        lean = random.normal(0, 0.08)
        self._x = (x - random.normal(0, 0.05) - lean * y) / wide
        self._y = (y - random.normal(0, 0.08) + lean * x) / high
        self._random = random
        self.values = np.full((size, size), _AIR)

    def oval(self, center: tuple[float, float], radii: tuple[float, float]) -> Plane:
        """Return an oval in the body's own measures: its skin is the circle of radius 1."""
        x, y = self._x - center[0], self._y - center[1]
        turn = self._random.normal(0, 0.15)
        return oval(x + turn * y, y - turn * x, (0, 0), radii, edge=28)

    def lay(self, shape: Plane, value: float) -> None:
        """Put tissue of ``value`` in the place of what is there."""
        self.values += shape * (value - self.values)

    def seen(self) -> Square:
        """Show the slice through one of the usual windows."""
        center, width = _WINDOWS[int(self._random.integers(len(_WINDOWS)))]
        center, width = center + self._random.normal(0, 40), width * self._random.uniform(0.7, 1.4)
        return soft(np.clip((self.values - center) / width + 0.5, 0, 1), self._random)


def chest_slice(size: int, random: Generator) -> Square:
    """Draw an axial slice through lungs and heart; one in three is cut to the lungs."""
    drawn = _body(size, random, closest=1.5 if chance(random, 0.35) else 1.0)
    place, wide = random.uniform(0.4, 0.5), random.uniform(0.3, 0.42)
    for side in (-1, 1):
        high = random.uniform(0.45, 0.8)
        center = (side * place, random.normal(0, 0.05))
        lung = drawn.oval(center, (wide * random.uniform(0.85, 1.1), high))
        drawn.lay(lung, _LUNG + random.normal(0, 60))
        _add_vessels(drawn, center, (0.8 * wide, 0.8 * high), random)
    heart = (random.uniform(0, 0.25), random.uniform(-0.35, 0.1))
    drawn.lay(drawn.oval(heart, (random.uniform(0.15, 0.42), random.uniform(0.2, 0.45))), _MUSCLE)
    for _ in range(int(random.integers(1, 5))):
        place_of = (random.normal(0.02, 0.15), random.uniform(-0.4, 0.35))
        drawn.lay(drawn.oval(place_of, _pair(random, 0.05, 0.16)), random.uniform(_MUSCLE, 350))
    if chance(random, 0.5):
        drawn.lay(drawn.oval((random.normal(0, 0.04), 0), (0.06, 0.07)), _AIR)
    _add_bones(drawn, random)
    return drawn.seen()


def belly_slice(size: int, random: Generator) -> Square:
    """Draw an axial slice through liver, spleen, kidneys and bowel."""
    drawn = _body(size, random, closest=1.1)
    drawn.lay(drawn.oval((0, 0), (0.85, 0.82)), _FAT)
    drawn.lay(drawn.oval((-0.4, random.normal(-0.1, 0.1)), _pair(random, 0.35, 0.55)), 100)
    drawn.lay(drawn.oval((0.55, random.normal(0, 0.1)), _pair(random, 0.15, 0.3)), 110)
    for side in (-1, 1):
        drawn.lay(drawn.oval((side * 0.4, 0.4), _pair(random, 0.1, 0.2)), random.uniform(40, 250))
    for _ in range(int(random.integers(2, 10))):
        place = (random.uniform(-0.6, 0.6), random.uniform(-0.65, 0.2))
        value = _AIR if chance(random, 0.4) else random.uniform(0, 300)
        drawn.lay(drawn.oval(place, _pair(random, 0.05, 0.2)), value)
    _add_bones(drawn, random)
    return drawn.seen()


def upright_slice(size: int, random: Generator) -> Square:
    """Draw a slice from shoulder to hip, between breast and back: no rib lies over a lung."""
    drawn = Slice(size, wide=random.uniform(0.8, 1.3), high=random.uniform(1.2, 1.8), random=random)
    drawn.lay(drawn.oval((0, 0.3), (1, 1)), _FAT)
    drawn.lay(drawn.oval((0, 0.3), (random.uniform(0.8, 0.95), 0.96)), _MUSCLE)
    low, place = random.uniform(0.15, 0.4), random.uniform(0.34, 0.44)
    for side in (-1, 1):
        radii = (random.uniform(0.24, 0.34), random.uniform(0.5, 0.75))
        center = (side * place, low - 0.75 * radii[1] + random.normal(0, 0.03))
        _add_wall(drawn, center, radii, side, random)
        drawn.lay(drawn.oval(center, radii), _LUNG + random.normal(0, 60))
        _add_vessels(drawn, center, (0.8 * radii[0], 0.8 * radii[1]), random)
        dome = (side * place, low + random.uniform(0.15, 0.3))
        drawn.lay(drawn.oval(dome, (0.45, random.uniform(0.3, 0.4))), random.uniform(50, 120))
    heart = (random.uniform(0, 0.15), low - random.uniform(0.15, 0.3))
    drawn.lay(drawn.oval(heart, _pair(random, 0.15, 0.32)), random.uniform(_MUSCLE, _BLOOD))
    if chance(random, 0.4):
        for level in np.arange(-0.8, 1, random.uniform(0.1, 0.16)):
            drawn.lay(drawn.oval((0, float(level)), (0.09, 0.05)), _BONE)
    elif chance(random, 0.6):
        drawn.lay(drawn.oval((0, low - 1.1), (0.05, random.uniform(0.1, 0.3))), _AIR)
    return drawn.seen()


def head_slice(size: int, random: Generator) -> Square:
    """Draw an axial slice through a skull: brain and ventricles, or eyes and cavities."""
    drawn = Slice(
        size, wide=random.uniform(0.6, 0.8), high=random.uniform(0.75, 0.95), random=random
    )
    drawn.lay(drawn.oval((0, 0), (1, 1)), _MUSCLE)
    drawn.lay(drawn.oval((0, 0), (0.95, 0.95)), random.uniform(600, 1200))
    inner = random.uniform(0.8, 0.88)
    drawn.lay(drawn.oval((0, 0), (inner, inner)), random.uniform(25, 45))
    for side in (-1, 1):
        place = (side * random.uniform(0.05, 0.35), random.uniform(-0.6, 0.3))
        value = _AIR if chance(random, 0.3) else random.uniform(0, 20)
        drawn.lay(drawn.oval(place, _pair(random, 0.06, 0.25)), value)
    for _ in range(int(random.integers(0, 6))):
        place = (random.uniform(-0.6, 0.6), random.uniform(-0.6, 0.6))
        drawn.lay(drawn.oval(place, _pair(random, 0.04, 0.3)), random.uniform(0, 800))
    return drawn.seen()


def _body(size: int, random: Generator, *, closest: float) -> Slice:
    """Start an axial slice: table, arms, skin, fat and the wall of muscle."""
    wide = random.uniform(0.68, 0.98) * closest
    drawn = Slice(size, wide=wide, high=wide * random.uniform(0.58, 0.85), random=random)
    if chance(random, 0.6):
        table = drawn.oval((0, -0.1), (1.9, 1.3)) - drawn.oval((0, -0.16), (1.9, 1.3))
        drawn.lay(table.clip(0, 1), random.uniform(-600, 0))
    if chance(random, 0.25):
        for side in (-1, 1):
            drawn.lay(drawn.oval((side * 1.25, 0.1), (0.2, 0.3)), _MUSCLE)
            drawn.lay(drawn.oval((side * 1.25, 0.1), (0.07, 0.1)), _BONE)
    fat = random.uniform(0.03, 0.2)
    drawn.lay(drawn.oval((0, 0), (1, 1)), _FAT)
    drawn.lay(drawn.oval((0, 0), (1 - fat, 1 - fat)), _MUSCLE)
    return drawn


def _add_wall(
    drawn: Slice,
    center: tuple[float, float],
    radii: tuple[float, float],
    side: int,
    random: Generator,
) -> None:
    """Lay ribs, cut across, along a lung's outer side, and a collar bone above."""
    for angle in np.arange(-1.2, 0.9, random.uniform(0.2, 0.35)):
        out = 1.08 * float(np.cos(angle)), 1.04 * float(np.sin(angle))
        place = (center[0] + side * out[0] * radii[0], center[1] + out[1] * radii[1])
        drawn.lay(drawn.oval(place, _pair(random, 0.02, 0.05)), _BONE + random.normal(0, 150))
    if chance(random, 0.5):
        place = (center[0] - side * 0.1, center[1] - 1.15 * radii[1])
        drawn.lay(drawn.oval(place, (random.uniform(0.06, 0.25), 0.05)), _BONE)


def _add_vessels(
    drawn: Slice, center: tuple[float, float], radii: tuple[float, float], random: Generator
) -> None:
    for _ in range(int(random.integers(0, 9))):
        angle, far = random.uniform(0, 2 * np.pi), random.random()
        place = (
            center[0] + far * radii[0] * float(np.cos(angle)),
            center[1] + far * radii[1] * float(np.sin(angle)),
        )
        drawn.lay(drawn.oval(place, _pair(random, 0.02, 0.06)), random.uniform(-500, 100))


def _add_bones(drawn: Slice, random: Generator) -> None:
    """Lay a vertebra with its canal, the ring of ribs and the breastbone."""
    back = random.uniform(0.5, 0.65)
    drawn.lay(drawn.oval((0, back), (0.17, 0.18)), _BONE + random.normal(0, 150))
    drawn.lay(drawn.oval((0, back + 0.2), (0.07, 0.08)), 30)
    drawn.lay(drawn.oval((0, back + 0.32), (0.2, 0.05)), _BONE)
    ring = random.uniform(0.8, 0.9)
    for angle in np.arange(0, 2 * np.pi, random.uniform(0.4, 1.0)) + random.random():
        place = (ring * float(np.cos(angle)), ring * float(np.sin(angle)))
        if chance(random, 0.7):
            drawn.lay(drawn.oval(place, _pair(random, 0.04, 0.1)), _BONE + random.normal(0, 200))


def _pair(random: Generator, low: float, high: float) -> tuple[float, float]:
    return random.uniform(low, high), random.uniform(low, high)
