"""A sheet of films with radiologists' boxes and the map that should have found them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from triage.domain.marked_box import MarkedBox
from triage.evaluate.boxes import Boxes
from triage.evaluate.localisation import Located, MappedFilm, boxes_of, weights_of
from triage.evaluate.overlap import HALF, IOU, MEASURES, POINTING, Grid

MOST = 12
_ACROSS = 4
_INCHES = 3.2
_DOTS = 110
_WHOLE = (0.0, 1.0, 1.0, 0.0)
_BOX, _MARK, _GRAY = "#00ffe0", "#ffc400", "#8a8a8a"

Picture = Callable[[int], NDArray[np.float32]]
"""From a film's number to its picture, ``float32`` (rows, columns) within [0, 1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One film of the sheet.

    Args:
        film: its number among all.
        title: what is written above it; no name of a film, which may be a patient's.
        weights: the map over the film.
        boxes: at least one.
    """

    film: int
    title: str
    weights: Grid
    boxes: tuple[MarkedBox, ...]


def panels(
    located: Sequence[Located], films: Sequence[MappedFilm], boxes: Boxes
) -> tuple[Panel, ...]:
    """Choose at most ``MOST`` films, as many of each target, in even steps of falling IoU."""
    each = max(1, MOST // len(located))
    return tuple(
        _panel(found, row, films, boxes)
        for found in located[:MOST]
        for row in _spread(found.values[:, 0, MEASURES.index(IOU)], each)
    )


def save_sheet(path: Path, chosen: Sequence[Panel], picture: Picture) -> None:
    """Write the sheet; equal input, equal bytes.

    Args:
        path: of the PNG.
        chosen: at least one film.
        picture: gives a film's picture.
    """
    across = min(_ACROSS, len(chosen))
    down = ceil(len(chosen) / across)
    figure = Figure(figsize=(_INCHES * across, _INCHES * 1.2 * down), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for ax, panel in zip(axes, chosen, strict=False):
        _draw(ax, panel, picture(panel.film))
    for ax in axes:
        ax.set_axis_off()
    figure.suptitle(
        f"Boxes of radiologists; the map from {HALF} of its own maximum on, and the maximum"
        "\nResearch software, not for diagnostic use",
        fontsize=9,
        color=_GRAY,
    )
    figure.savefig(path, dpi=_DOTS, metadata={"Software": None})


def _spread(values: NDArray[np.float64], count: int) -> list[int]:
    """Return rows in even steps from the largest value to the smallest."""
    order = np.argsort(-values, kind="stable")
    steps = np.linspace(0, order.size - 1, min(count, order.size))
    return [int(order[round(step)]) for step in steps]


def _panel(found: Located, row: int, films: Sequence[MappedFilm], boxes: Boxes) -> Panel:
    number, target = int(found.films[row]), found.target
    weights = weights_of(films[number], target.shown)
    measured = dict(zip(MEASURES, found.values[row, 0].tolist(), strict=True))
    hit = {1.0: "hit", 0.0: "miss"}.get(measured[POINTING], "hit in part")
    said = f"IoU {measured[IOU]:.2f}, {hit}" if weights.any() else "no localisation"
    own = boxes_of(boxes.by_film[films[number].name], target)
    return Panel(number, f"{target.name}\n{said}", weights, own)


def _draw(ax: Axes, panel: Panel, picture: NDArray[np.float32]) -> None:
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1, extent=_WHOLE)
    weights = panel.weights
    if weights.any():
        shares = weights / weights.max()
        region = np.ma.masked_less(shares, HALF)
        ax.imshow(region, cmap="inferno", vmin=0, vmax=1, alpha=0.45, extent=_WHOLE)
        row, column = np.unravel_index(int(weights.argmax()), weights.shape)
        ax.plot((column + 0.5) / weights.shape[1], (row + 0.5) / weights.shape[0], "+", color=_MARK)
    for box in panel.boxes:
        corner, size = (box.left, box.top), (box.width, box.height)
        ax.add_patch(Rectangle(corner, *size, fill=False, edgecolor=_BOX, linewidth=1.2))
    ax.set(xlim=(0, 1), ylim=(1, 0))
    ax.set_title(panel.title, fontsize=8)
