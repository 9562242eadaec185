"""A frontal chest film drawn from its anatomy; 0 is black (air), 1 is white (bone)."""

from dataclasses import dataclass

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
    polyline,
    stroke,
    union,
)

LEFT, RIGHT = 1, -1
"""The patient's sides: the left lung is on the right half of the film."""


@dataclass(frozen=True, slots=True)
class Build:
    """What makes one chest differ from the next.

    Args:
        seed: of vessels and noise.
        width: half the width of the thorax, in half films.
        heart: size of the heart, 1 is usual in adults.
        rib_slope: how steeply posterior ribs descend; flat in children.
        mass: center of a round mass, if there is one.
        infiltrate: center of an infiltrate, if there is one.
    """

    seed: int
    width: float = 0.80
    heart: float = 1.0
    rib_slope: float = 0.16
    mass: Point | None = None
    infiltrate: Point | None = None


def frontal(shape: tuple[int, int], build: Build) -> Layer:
    """Draw a frontal film.

    Args:
        shape: rows and columns.
        build: the chest.

    Returns:
        ``float64`` within [0, 1].
    """
    canvas, random = Canvas.of(shape), np.random.default_rng(build.seed)
    body, lungs = _body(canvas, build), _lungs(canvas, build)
    film = 0.74 * body - 0.55 * lungs * body
    film += 0.45 * (1 - lungs) * _below_diaphragm(canvas) * body
    film += _mediastinum(canvas, build) * body
    film += _bones(canvas, build) * body
    film += lungs * _lung_marks(canvas, build, random)
    film += _findings(canvas, build, random) * lungs
    film -= 0.22 * ellipse(canvas, (0.34, 0.885), (0.13, 0.035), softness=0.4)
    return _exposed(film, canvas, random)


def _body(canvas: Canvas, build: Build) -> Layer:
    """Neck, shoulders and trunk, thinner towards the skin; arms leave the film."""
    shoulders = 0.20 + 1.05 * edge(canvas.y - 0.115, 0.16)
    trunk = shoulders - (1.22 - build.width - 0.16) * edge(canvas.y - 0.42, 0.30)
    inside = 1 - np.abs(canvas.x) / trunk
    return edge(inside, 0.05) * (0.72 + 0.28 * np.sqrt(np.clip(inside, 0, 1)))


def _dome(canvas: Canvas, side: int) -> Layer:
    """Tell y of the diaphragm, higher on the right, falling to the costophrenic angle."""
    top = 0.775 if side == RIGHT else 0.800
    return top + 0.42 * (np.abs(canvas.x * side - 0.36)) ** 2.2


def _lungs(canvas: Canvas, build: Build) -> Layer:
    """Both lungs: apex under the clavicle, ribs outside, mediastinum inside, diaphragm below."""
    return union(_lung(canvas, build, side) for side in (LEFT, RIGHT))


def _lung(canvas: Canvas, build: Build, side: int) -> Layer:
    """One lung as the overlap of its four borders."""
    x = canvas.x * side
    height = np.clip((0.80 - canvas.y) / 0.69, -1, 1)
    outer = build.width * 1.02 * (1 - np.abs(height) ** 2.6) ** 0.5
    inner = 0.10 + 0.05 * edge(canvas.y - 0.45, 0.25)
    sides = edge(outer - x, 0.03) * edge(x - inner, 0.035)
    return sides * edge(canvas.y - 0.105, 0.02) * edge(_dome(canvas, side) - canvas.y, 0.012)


def _below_diaphragm(canvas: Canvas) -> Layer:
    """Liver, stomach and what lies under them."""
    domes = (edge(canvas.y - _dome(canvas, side), 0.02) for side in (LEFT, RIGHT))
    right, left = (half * edge(canvas.x * s, 0.1) for half, s in zip(domes, (1, -1), strict=True))
    return right + left


def _mediastinum(canvas: Canvas, build: Build) -> Layer:
    """Heart, great vessels and windpipe."""
    size = build.heart
    heart = union(
        [
            ellipse(canvas, (0.14 * size, 0.69), (0.35 * size, 0.125 * size), tilt=0.18),
            ellipse(canvas, (-0.06, 0.66), (0.17 * size, 0.125 * size)),
        ]
    )
    knob = ellipse(canvas, (0.115, 0.335), (0.105, 0.055), softness=0.2)
    trunk = ellipse(canvas, (0.10, 0.46), (0.13, 0.09), softness=0.3)
    column = edge(0.115 - np.abs(canvas.x), 0.05) * edge(canvas.y - 0.05, 0.1)
    windpipe = edge(0.035 - np.abs(canvas.x + 0.012), 0.03) * edge(0.36 - canvas.y, 0.05)
    above = 0.25 + 0.75 * edge(0.83 - canvas.y, 0.08)
    soft = union([heart, 0.75 * knob, 0.62 * trunk, 0.70 * column])
    return 0.52 * blurred(soft, 2) * above - 0.20 * windpipe


def _bones(canvas: Canvas, build: Build) -> Layer:
    """Ribs, collar bones, shoulder blades and spine."""
    layers = [0.15 * _ribs(canvas, build), 0.22 * _collar_bones(canvas), 0.17 * _spine(canvas)]
    blades = (
        ellipse(canvas, (side * 0.86, 0.28), (0.13, 0.17), tilt=-side * 0.25, softness=0.3)
        for side in (LEFT, RIGHT)
    )
    return np.asarray(sum(layers) + 0.11 * union(blades))


def _ribs(canvas: Canvas, build: Build) -> Layer:
    """Posterior ribs that descend outwards, and fainter anterior ones that descend inwards."""
    reach = np.abs(canvas.x) / build.width
    inside = edge(1.03 - reach, 0.06) * edge(reach - 0.10, 0.05)
    posterior, anterior = np.zeros_like(reach), np.zeros_like(reach)
    descent = build.rib_slope * reach**1.5 - 0.055 * np.sin(np.pi * np.clip(reach, 0, 1))
    ascent = 0.24 - 0.19 * reach**1.3
    for start in np.linspace(0.10, 0.70, 10).tolist():
        posterior = np.maximum(posterior, _rib(canvas, start + descent))
        anterior = np.maximum(anterior, _rib(canvas, start + ascent))
    front_reach = edge(reach - 0.36, 0.1) * edge(0.74 - canvas.y, 0.08)
    return inside * (posterior + 0.55 * anterior * front_reach)


def _rib(canvas: Canvas, center_y: Layer) -> Layer:
    """One rib: its upper and lower cortex are denser than its marrow."""
    whole = band(canvas, center_y, half_width=0.0135)
    marrow = band(canvas, center_y, half_width=0.0085)
    return whole - 0.45 * marrow


def _collar_bones(canvas: Canvas) -> Layer:
    """Two flat S from the breastbone to the shoulders."""
    reach = np.abs(canvas.x)
    curve = 0.165 - 0.075 * reach + 0.018 * np.sin(7.5 * reach)
    return (
        band(canvas, curve, half_width=0.016) * edge(reach - 0.10, 0.04) * edge(0.82 - reach, 0.1)
    )


def _spine(canvas: Canvas) -> Layer:
    """Vertebral bodies with their discs between them."""
    bodies = 0.65 + 0.35 * np.cos(2 * np.pi * canvas.y / 0.062)
    return edge(0.085 - np.abs(canvas.x), 0.03) * bodies


def _lung_marks(canvas: Canvas, build: Build, random: np.random.Generator) -> Layer:
    """Hila, vessels that branch outwards and thin, and fine texture."""
    hila = union(
        ellipse(canvas, (side * 0.20, 0.475), (0.085, 0.07), tilt=side * 0.5, softness=0.8)
        for side in (LEFT, RIGHT)
    )
    vessels = [_vessel(canvas, build, random) for _ in range(44)]
    texture = grain(canvas.x.shape, random, coarseness=5)
    return 0.18 * hila + 0.10 * union(vessels) + 0.010 * texture


def _vessel(canvas: Canvas, build: Build, random: np.random.Generator) -> Layer:
    """One vessel from the hilum outwards, bending a little on its way."""
    side = (RIGHT, LEFT)[int(random.random() * 2)]
    angle, step = random.uniform(-1.35, 1.35), random.uniform(0.05, 0.10)
    points: list[Point] = [(side * 0.17, 0.46 + random.uniform(-0.03, 0.05))]
    for _ in range(6):
        angle += random.normal(0, 0.16)
        x, y = points[-1]
        points.append(
            (x + side * step * np.cos(angle) * build.width, y + step * np.sin(angle) / 1.6)
        )
    return polyline(canvas, points, radii=(random.uniform(0.006, 0.0085), 0.0015))


def _findings(canvas: Canvas, build: Build, random: np.random.Generator) -> Layer:
    """A round mass with a firm border, an infiltrate without one, or neither."""
    found = np.zeros_like(canvas.x)
    if build.mass is not None:
        found += 0.36 * ellipse(canvas, build.mass, (0.125, 0.053), softness=0.2)
    if build.infiltrate is not None:
        cloud = ellipse(canvas, build.infiltrate, (0.23, 0.115), tilt=0.4, softness=1.6)
        patches = np.clip(1 + 0.30 * grain(canvas.x.shape, random, coarseness=17), 0.1, 2)
        found += 0.48 * cloud * patches
    return found


def _exposed(film: Layer, canvas: Canvas, random: np.random.Generator) -> Layer:
    """Scatter, quantum noise that grows with density, and the side marker in lead."""
    scattered = 0.92 * blurred(film, 1) + 0.08 * blurred(film, 24)
    scattered = 0.02 + 1.12 * (1 - np.exp(-1.25 * np.clip(scattered, 0, None)))
    noise = grain(film.shape, random, coarseness=1)
    exposed = scattered + 0.0035 * (0.5 + scattered) * noise
    marker = union(
        [
            stroke(canvas, (0.86, 0.055), (0.86, 0.105), radii=(0.006, 0.006)),
            stroke(canvas, (0.86, 0.105), (0.915, 0.105), radii=(0.006, 0.006)),
        ]
    )
    return np.clip(np.maximum(exposed, 0.97 * marker), 0, 1)
