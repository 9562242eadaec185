"""A sheet of films with radiologists' boxes and the map that should have found them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from textwrap import fill

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
from triage.evaluate.picks import Pick, picks

_ACROSS = 3
_INCHES = 3.2
_LETTERS = 44
"""Of a line above or below the films, for each film that stands beside the others."""

_DOTS = 110
_WHOLE = (0.0, 1.0, 1.0, 0.0)
_BOX, _MARK, _GRAY = "#00ffe0", "#ffc400", "#8a8a8a"
_HEAD = (
    f"Frames: boxes of radiologists. Colour: the map from {HALF} of its own maximum on."
    " Cross: the maximum; a hit lies in a box.\nResearch software, not for diagnostic use"
)

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
    """Choose the films of the sheet, as ``picks`` does."""
    return tuple(_panel(pick, films, boxes) for pick in picks(located))


def save_sheet(path: Path, chosen: Sequence[Panel], picture: Picture, *, below: str = "") -> None:
    """Write the sheet; equal input, equal bytes.

    Args:
        path: of the PNG.
        chosen: at least one film.
        picture: gives a film's picture.
        below: what is written under the films.
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
    wide = _LETTERS * across
    figure.suptitle(
        "\n".join(fill(line, wide) for line in _HEAD.splitlines()), fontsize=9, color=_GRAY
    )
    figure.supxlabel(fill(below, wide), fontsize=8, color=_GRAY)
    figure.savefig(path, dpi=_DOTS, metadata={"Software": None})


def _panel(pick: Pick, films: Sequence[MappedFilm], boxes: Boxes) -> Panel:
    found, target = pick.found, pick.found.target
    number = int(found.films[pick.row])
    weights = weights_of(films[number], target.shown)
    measured = dict(zip(MEASURES, found.values[pick.row, 0].tolist(), strict=True))
    hit = {1.0: "hit", 0.0: "miss"}.get(measured[POINTING], "hit in part")
    said = f"IoU {measured[IOU]:.2f}, {hit}" if weights.any() else "no localisation"
    own = boxes_of(boxes.by_film[films[number].name], target)
    return Panel(number, f"{target.name}\n{pick.place}: {said}", weights, own)


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
