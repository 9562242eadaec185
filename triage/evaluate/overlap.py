"""One map held against one film's boxes: the pointing game and the intersection over union."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from triage.domain.marked_box import MarkedBox

GRID = 224
"""Maps and boxes are compared on so many rows and columns over the film."""

TOLERANCE = 15
"""Places of the grid that the pointing game forgives (Zhang et al. 2016 forgave 15 pixels)."""

HALF = 0.5
"""The part of a map that reaches this share of its own maximum is its region."""

LEVELS = (0.1, 0.25, 0.5)
POINTING, NEAR, IOU, BOX_IOU = "pointing", "pointing_near", "iou", "box_iou"
MEASURES = (POINTING, NEAR, IOU, BOX_IOU, *(f"iou_at_least_{level}" for level in LEVELS))

_TIED = 1e-6
_CENTERS = (np.arange(GRID) + 0.5) / GRID

Grid = NDArray[np.float32]
"""``float32`` (GRID, GRID), not negative, over the whole film."""

Mask = NDArray[np.bool_]
"""``bool`` (GRID, GRID)."""


def overlap(weights: Grid, boxes: Sequence[MarkedBox]) -> NDArray[np.float64]:
    """Measure how well a map finds the boxes.

    Args:
        weights: the map; without any weight it finds nothing.
        boxes: at least one, all of one finding.

    Returns:
        ``float64`` in the order of ``MEASURES``, each within [0, 1]:

        * whether the maximum lies in a box, and within ``TOLERANCE`` of one; where several places
          share the maximum, the share of them that does;
        * intersection over union of the region and all boxes;
        * that of the rectangle around the region's part with the maximum, and the one box that
          it meets best;
        * whether the first of the two reaches each of ``LEVELS``.
    """
    if not weights.any():
        return np.zeros(len(MEASURES))
    top = weights >= (1 - _TIED) * weights.max()
    region = weights >= HALF * weights.max()
    away = _away(boxes)[top]
    inside = covered(boxes)
    shared = float((region & inside).sum() / (region | inside).sum())
    rectangle = around(connected(region, top))
    best = max(_shared(rectangle, box) for box in boxes)
    reached = [float(shared >= level) for level in LEVELS]
    return np.array([(away == 0).mean(), (away <= TOLERANCE).mean(), shared, best, *reached])


def covered(boxes: Sequence[MarkedBox]) -> Mask:
    """Tell which places of the grid have their centre in a box."""
    crossed = (_across(box) for box in boxes)
    within = [down[:, None] & across for down, across in crossed]
    return np.asarray(np.any(within, axis=0))


def connected(region: Mask, seeds: Mask) -> Mask:
    """Return the parts of a region that hold a seed; places are joined by their sides."""
    found = seeds & region
    while True:
        grown = _along(_along(found, region).T, region.T).T
        if (grown == found).all():
            return found
        found = grown


def around(mask: Mask) -> MarkedBox:
    """Return the smallest rectangle around a mask that is not empty."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    top, left = rows[0] / GRID, columns[0] / GRID
    width, height = (columns[-1] + 1) / GRID - left, (rows[-1] + 1) / GRID - top
    return MarkedBox("", "", float(left), float(top), float(width), float(height))


def _across(box: MarkedBox) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which rows and which columns of the grid have their centre in a box."""
    down = (box.top <= _CENTERS) & (box.top + box.height > _CENTERS)
    across = (box.left <= _CENTERS) & (box.left + box.width > _CENTERS)
    return down, across


def _away(boxes: Sequence[MarkedBox]) -> Grid:
    """Return each place's distance from the nearest box in places of the grid; 0 inside."""
    distances = [
        np.hypot(
            _beyond(box.top, box.height)[:, None],
            _beyond(box.left, box.width),
        )
        for box in boxes
    ]
    return np.asarray(GRID * np.minimum.reduce(distances), np.float32)


def _beyond(begin: float, size: float) -> NDArray[np.float64]:
    return np.maximum(0, np.maximum(begin - _CENTERS, _CENTERS - (begin + size)))


def _shared(first: MarkedBox, second: MarkedBox) -> float:
    """Return the intersection over union of two rectangles."""
    wide = min(first.left + first.width, second.left + second.width)
    high = min(first.top + first.height, second.top + second.height)
    common = max(0.0, wide - max(first.left, second.left)) * max(
        0.0, high - max(first.top, second.top)
    )
    return common / (first.width * first.height + second.width * second.height - common)


def _along(found: Mask, region: Mask) -> Mask:
    """Spread what is found along the rows of a region, in both directions, up to its gaps."""
    there = _onward(found, region)
    return there | _onward(found[:, ::-1], region[:, ::-1])[:, ::-1]


def _onward(found: Mask, region: Mask) -> Mask:
    places = np.arange(1, region.shape[1] + 1)
    last_found = np.maximum.accumulate(np.where(found, places, 0), axis=1)
    last_gap = np.maximum.accumulate(np.where(region, 0, places), axis=1)
    return np.asarray(region & (last_found > last_gap))
