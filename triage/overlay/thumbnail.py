"""A small picture of a film, for lists."""

import numpy as np

from triage.domain.film import Film
from triage.overlay.compression import to_jpeg

QUALITY = 80


def thumbnail(film: Film, *, long_side: int) -> bytes:
    """Draw a film as a reader would see it, small.

    Args:
        film: never enlarged.
        long_side: pixels of the longer side, at least 1.

    Returns:
        A baseline JPEG.
    """
    scale = min(1.0, long_side / max(film.shape))
    rows, columns = (max(1, round(side * scale)) for side in film.shape)
    gray = np.rint(film.render((rows, columns)) * 255).astype(np.uint8)
    return to_jpeg(np.repeat(gray[:, :, None], 3, axis=2), quality=QUALITY)
