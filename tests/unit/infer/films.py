"""Films for tests of the network; drawn, never read."""

import numpy as np
from numpy.typing import NDArray

from triage.domain.film import Film


def film(pixels: NDArray[np.float32]) -> Film:
    """Make a film of float32 pixels within [0, 1] that refuses to be rendered larger."""
    return Film(stored=pixels, display=lambda values: values, resample=_area)


def _area(stored: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
    rows, columns = stored.shape
    if size[0] > rows or size[1] > columns:
        raise AssertionError(f"asked for {size}, larger than the film {stored.shape}")
    down = np.array_split(stored.astype(np.float32), size[0], axis=0)
    across = [np.array_split(band.mean(axis=0), size[1]) for band in down]
    return np.array([[part.mean() for part in band] for band in across], dtype=np.float32)
