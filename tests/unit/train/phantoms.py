"""Phantoms: noisy gray squares, half of them with a bright round mass."""

from typing import NamedTuple

import torch
from torch import Tensor

from triage.train.films import Examples
from triage.train.marks import Marks

SIZE = 64
RADIUS = 7


class Phantoms(NamedTuple):
    """Examples for two heads, and where each mass has its centre (row, column)."""

    examples: Examples
    centres: Tensor


def phantoms(count: int, *, seed: int) -> Phantoms:
    """Draw phantoms; every second one has a mass, which is all that the first head asks.

    The second head's target is unknown in every third phantom.
    """
    generator = torch.Generator().manual_seed(seed)
    squares = 70 + 20 * torch.randn(count, SIZE, SIZE, generator=generator)
    centres = torch.randint(RADIUS + 4, SIZE - RADIUS - 4, (count, 2), generator=generator)
    rows, columns = torch.arange(SIZE)[None, :, None], torch.arange(SIZE)[None, None, :]
    distance = (rows - centres[:, 0, None, None]).pow(2) + (
        columns - centres[:, 1, None, None]
    ).pow(2)
    present = torch.arange(count) % 2 == 1
    squares += 110 * (distance <= RADIUS**2) * present[:, None, None]
    targets = torch.stack([present.float(), 1 - present.float()], dim=1)
    targets[::3, 1] = torch.nan
    normal = torch.zeros(count, dtype=torch.bool)
    films, masses = squares.clamp(0, 255).to(torch.uint8), torch.nonzero(present)[:, 0]
    discs = (distance <= RADIUS**2)[masses].to(torch.uint8)
    marks = Marks(masses, torch.zeros_like(masses), discs)
    return Phantoms(Examples(films, targets, normal, marks), centres)
