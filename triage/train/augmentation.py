"""What a radiograph may look like on another day: position, size, sharpness, tone, noise.

Every visit of a training film draws its own. The sharpness is drawn because a network could
otherwise tell by it which collection a film comes from, and collections differ in their labels.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

TURN = math.radians(8)
ZOOM, STRETCH, SHIFT = 0.12, 0.06, 0.08
GAMMA, CONTRAST, BRIGHTNESS, NOISE = 0.3, 0.25, 0.1, 0.02
COARSEST = 0.6
"""The smallest side that a film is reduced to before it is enlarged again, of the input's."""
DARKEST = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Random numbers for a batch; the same generator gives the same ones on every device.

    Args:
        generator: on the CPU.
        films: how many.
    """

    generator: torch.Generator
    films: int

    def around(self, middle: float, reach: float) -> Tensor:
        """Draw one number per film, uniform within ``reach`` of ``middle``: (B,)."""
        return middle + (2 * torch.rand(self.films, generator=self.generator) - 1) * reach

    def happens(self, share: float) -> Tensor:
        """Tell of each film whether something happens to it: ``bool`` (B,)."""
        return torch.rand(self.films, generator=self.generator) < share


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """How each film of a batch lies.

    Args:
        flips: ``bool`` (B,), mirrored left to right.
        matrices: ``float32`` (B, 2, 3) affine, from places in the result to places in the film;
            ``None`` leaves films where they are.
    """

    flips: Tensor
    matrices: Tensor | None

    def of(self, films: Tensor) -> "Position":
        """Choose the positions of some films, by number."""
        moved = self.matrices
        return Position(self.flips[films], None if moved is None else moved[films])

    def laid(self, squares: Tensor) -> Tensor:
        """Lay films of this position, (B, size, size), the same or a smaller range of values."""
        flips = self.flips.to(squares.device)[:, None, None]
        mirrored = torch.where(flips, squares.flip(2), squares)
        if self.matrices is None or not len(squares):
            return mirrored
        matrices, shape = self.matrices.to(squares.device), [len(squares), 1, *squares.shape[1:]]
        grid = functional.affine_grid(matrices, shape, align_corners=False)
        return functional.grid_sample(mirrored[:, None], grid, align_corners=False)[:, 0]


def position(flipped: float, draw: Draw, *, distorted: bool) -> Position:
    """Draw how films lie.

    Args:
        flipped: the share that is mirrored.
        draw: of as many films.
        distorted: whether each is turned by up to 8 degrees, zoomed by 12 %, stretched by 6 %
            and shifted by 4 % of the side.
    """
    return Position(draw.happens(flipped), _matrices(draw) if distorted else None)


def exposed(squares: Tensor, size: int, draw: Draw) -> Tensor:
    """Draw another exposure of each film.

    Args:
        squares: ``float32`` (B, larger, larger) within [0, 1].
        size: rows and columns of the result, at most ``larger``.
        draw: of as many films.

    Returns:
        ``float32`` (B, size, size) within [0, 1]: coarsened in half of the batches, gamma
        within [0.74, 1.35], contrast by 25 %, brightness by 0.1, noise up to 0.02.
    """
    return _toned(_coarsened(squares[:, None], size, draw)[:, 0], draw)


def reduced(squares: Tensor, size: int) -> Tensor:
    """Reduce films to ``size`` by the mean over areas: (B, size, size)."""
    if squares.shape[1] == size:
        return squares
    return functional.interpolate(squares[:, None], size=(size, size), mode="area")[:, 0]


def _matrices(draw: Draw) -> Tensor:
    turn, zoom, stretch = draw.around(0, TURN), draw.around(1, ZOOM), draw.around(1, STRETCH)
    matrices = torch.zeros(draw.films, 2, 3)
    matrices[:, 0, 0], matrices[:, 0, 1] = turn.cos() * zoom * stretch, -turn.sin() * zoom
    matrices[:, 1, 0], matrices[:, 1, 1] = turn.sin() * zoom * stretch, turn.cos() * zoom
    matrices[:, 0, 2], matrices[:, 1, 2] = draw.around(0, SHIFT), draw.around(0, SHIFT)
    return matrices


def _coarsened(films: Tensor, size: int, draw: Draw) -> Tensor:
    """Reduce (B, 1, h, w) to ``size``, half of the batches over a coarser step."""
    coarse, share = torch.rand(2, generator=draw.generator).tolist()
    if coarse < 1 / 2:
        step = int(size * (COARSEST + (1 - COARSEST) * share))
        films = functional.interpolate(films, size=(step, step), mode="area")
        return functional.interpolate(films, (size, size), mode="bilinear", antialias=True)
    return functional.interpolate(films, size=(size, size), mode="area")


def _toned(squares: Tensor, draw: Draw) -> Tensor:
    gamma, contrast = draw.around(0, GAMMA).exp(), draw.around(1, CONTRAST)
    brightness, deviation = draw.around(0, BRIGHTNESS), draw.around(NOISE / 2, NOISE / 2)
    noise = torch.randn(squares.shape, generator=draw.generator) * deviation[:, None, None]
    columns = [each.to(squares.device)[:, None, None] for each in (gamma, contrast, brightness)]
    toned = (squares.clamp_min(DARKEST) ** columns[0] - 0.5) * columns[1] + 0.5 + columns[2]
    return (toned + noise.to(squares.device)).clamp(0, 1)
