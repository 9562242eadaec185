"""Films with maps that lie where they are told to, and boxes."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Assessment, Finding, HeatMap, Model, Placement, Tier
from triage.domain.marked_box import MarkedBox
from triage.evaluate.boxes import Boxes
from triage.evaluate.localisation import MappedFilm
from triage.evaluate.overlap import GRID

WHOLE = Placement(top=0.0, left=0.0, height=1.0, width=1.0)
"""A square film fills the network's input."""

QUARTERS = {"top left": (0.0, 0.0), "top right": (0.5, 0.0), "bottom right": (0.5, 0.5)}


def box(quarter: str, *, label: str = "Mass", source: str = "NIH") -> MarkedBox:
    """Box a quarter of a film."""
    left, top = QUARTERS[quarter]
    return MarkedBox(source, label, left, top, 0.5, 0.5)


def peak(quarter: str, *, strength: float = 1.0) -> NDArray[np.float32]:
    """Weigh a quarter of a film, ``float32`` (GRID, GRID)."""
    left, top = (int(side * GRID) for side in QUARTERS[quarter])
    weights = np.zeros((GRID, GRID), np.float32)
    weights[top : top + GRID // 2, left : left + GRID // 2] = strength
    return weights


def mapped(
    name: str,
    maps: Mapping[str, NDArray[np.float32]],
    *,
    shape: tuple[int, int] = (320, 320),
    tier: Tier = Tier.FLAGGED,
    denied: frozenset[str] = frozenset(),
) -> MappedFilm:
    """Make a film of which a bundle says that everything is there."""
    findings = tuple(Finding(label, 0.6, 0.5, tier) for label in maps)
    heats = tuple(HeatMap(label, weights, WHOLE) for label, weights in maps.items())
    return MappedFilm(name, shape, Assessment(Model("m", "1", "0"), findings, heats), denied)


def boxes(**by_film: MarkedBox) -> Boxes:
    """One box for each film."""
    return Boxes({name: (found,) for name, found in by_film.items()}, elsewhere=0)
