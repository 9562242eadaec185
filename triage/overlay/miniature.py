"""A small picture of a film with the map of one finding, for lists: no panel, no letters."""

import numpy as np

from triage.domain.assessment import HeatMap
from triage.domain.film import Film
from triage.overlay.appearance import Appearance
from triage.overlay.compression import to_jpeg
from triage.overlay.heat import paint, project

QUALITY = 80


def miniature(film: Film, heat: HeatMap, *, appearance: Appearance, long_side: int) -> bytes | None:
    """Paint a finding's map on a film, small, as the capture shows it large.

    Args:
        film: never enlarged.
        heat: the map.
        appearance: its colours, its opacity, and from where it is visible.
        long_side: pixels of the longer side, at least 1.

    Returns:
        A baseline JPEG, ``None`` where no place would be painted.
    """
    scale = min(1.0, long_side / max(film.shape))
    rows, columns = (max(1, round(side * scale)) for side in film.shape)
    weights = project(heat, (rows, columns))
    if weights.max() < appearance.visible_from:
        return None
    gray = np.rint(film.render((rows, columns)) * 255).astype(np.uint8)
    scene = np.repeat(gray[:, :, None], 3, axis=2)
    paint(scene, weights, appearance=appearance)
    return to_jpeg(scene, quality=QUALITY)
