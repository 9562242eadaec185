"""The heat map on the film: projected back, coloured, bounded by its contour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import HeatMap
from triage.overlay.appearance import Appearance, ColorMap

CONTOUR = (0, 255, 224)
"""RGB of the line at the threshold; no gray and no colour of the default map is near it."""


def project(heat: HeatMap, size: tuple[int, ...]) -> NDArray[np.float32]:
    """Project a heat map back to the film, bilinear between the centres of its cells.

    The centre of the film's pixel ``i`` of ``n`` lies at ``top + height * (i + 0.5) / n`` of the
    network's input, and the centre of the map's cell ``j`` of ``m`` at ``(j + 0.5) / m``.

    Args:
        heat: weights (cell rows, cell columns) over the network's input, and its placement.
        size: rows and columns of the film, at any resolution.

    Returns:
        ``float32`` (rows, columns) within [0, 1]; level beyond the outer cells, 0 in margins.
    """
    place, cut, cells = heat.placement, heat.placement.margins, heat.weights.shape
    down = _hats(size[0], cells[0], span=(place.top, place.height), cut=(cut.top, cut.bottom))
    across = _hats(size[1], cells[1], span=(place.left, place.width), cut=(cut.left, cut.right))
    # Exact where cv2.resize is not: it rounds positions to a 32nd of a cell, some 7 pixels here.
    return np.asarray(down @ heat.weights @ across.T, np.float32)


def _hats(
    size: int, cells: int, *, span: tuple[float, float], cut: tuple[float, float]
) -> NDArray[np.float32]:
    """Weigh cells for each pixel, ``float32`` (size, cells): rows sum to 1, in margins to 0."""
    centers = (np.arange(size) + 0.5) / size
    position = np.clip((span[0] + span[1] * centers) * cells - 0.5, 0, cells - 1)
    hats = np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(cells)))
    hats[(centers < cut[0]) | (centers > 1 - cut[1])] = 0
    return hats.astype(np.float32)


def paint(
    scene: NDArray[np.uint8], weights: NDArray[np.float32], *, appearance: Appearance
) -> None:
    """Blend the colours of ``weights`` into ``scene`` where they are visible, with a contour.

    Args:
        scene: ``uint8`` (rows, columns, 3), RGB, painted in place; rows may lie apart.
        weights: ``float32`` (rows, columns) within [0, 1], one of them visible.
        appearance: colours, opacity and threshold.
    """
    mask = (weights >= appearance.visible_from).view(np.uint8)
    # Erosion takes what is outside the film for inside, so that the film's edge is no contour.
    thick = 2 * max(1, round(max(weights.shape) / 1000)) + 1
    contour = mask - cv2.erode(mask, np.ones((thick, thick), np.uint8))
    left, top, width, height = cv2.boundingRect(mask)
    part = np.s_[top : top + height, left : left + width]
    levels = cv2.convertScaleAbs(weights[part], alpha=255.0)
    colors = cv2.applyColorMap(levels, palette(appearance.color_map))
    blended = cv2.addWeighted(scene[part], 1 - appearance.opacity, colors, appearance.opacity, 0)
    # OpenCV fills and copies by mask in a thirtieth of NumPy's time.
    cv2.rectangle(colors, (0, 0), (width, height), CONTOUR, cv2.FILLED)
    cv2.copyTo(colors, contour[part], blended)
    cv2.copyTo(blended, mask[part], scene[part])


def palette(color_map: ColorMap) -> NDArray[np.uint8]:
    """Tabulate a colour map, ``uint8`` (256, 1, 3), RGB."""
    tables = {ColorMap.INFERNO: cv2.COLORMAP_INFERNO, ColorMap.JET: cv2.COLORMAP_JET}
    levels = np.arange(256, dtype=np.uint8)[:, None]
    return np.ascontiguousarray(cv2.applyColorMap(levels, tables[color_map])[..., ::-1])
