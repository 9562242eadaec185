"""The grayscale transformations value by value, as the clauses of PS3.3 write them.

Written apart from the product, in plain arithmetic, so that both can be held against each
other where no other renderer helps.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tests.builders.gray import Lut, Recipe, entries

TAIL = 0.005


def expected(recipe: Recipe) -> NDArray[np.float64]:
    """Show a film to the letter of the standard.

    Returns:
        (48, 64) within [0, 1], 1 is white.
    """
    stored = recipe.values()
    distinct, places = np.unique(stored, return_inverse=True)
    in_units = [modality(recipe, int(value)) for value in distinct]
    range_of_film = _range(recipe, in_units, places)
    shown = [presented(recipe, voi(recipe, value, range_of_film)) for value in in_units]
    return np.array(shown)[places].reshape(stored.shape)


def modality(recipe: Recipe, value: int) -> float:
    """C.11.1: a table, else output = slope * stored + intercept."""
    if recipe.modality:
        return float(looked_up(recipe.modality, value))
    slope, intercept = recipe.rescale or (1.0, 0.0)
    return slope * value + intercept


def voi(recipe: Recipe, x: float, range_of_film: tuple[float, float]) -> float:
    """C.11.2.1: a table, else the first window, else (not in the standard) the histogram."""
    if recipe.voi:
        return looked_up(recipe.voi, x) / float(2**recipe.voi.bits - 1)
    if not recipe.windows:
        low, high = range_of_film
        return min(max((x - low) / (high - low), 0.0), 1.0)
    center, width = recipe.windows[0]
    return float(_FUNCTIONS[recipe.function or "LINEAR"](x, center, width))


def linear(x: float, c: float, w: float) -> float:
    """C.11.2.1.2.1, with ymin 0 and ymax 1."""
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    if x > c - 0.5 + (w - 1) / 2:
        return 1.0
    return (x - (c - 0.5)) / (w - 1) + 0.5


def linear_exact(x: float, c: float, w: float) -> float:
    """C.11.2.1.3.2."""
    if x <= c - w / 2:
        return 0.0
    if x > c + w / 2:
        return 1.0
    return (x - c) / w + 0.5


def sigmoid(x: float, c: float, w: float) -> float:
    """C.11.2.1.3.1."""
    exponent = -4 * (x - c) / w
    return 0.0 if exponent > 700 else 1 / (1 + math.exp(exponent))


def looked_up(lut: Lut, x: float) -> float:
    """C.11.1.1, C.11.2.1.1: what lies outside takes the first or the last entry.

    Between two entries, where only a fractional modality value can lie, on their line.
    """
    at = min(max(x - lut.first, 0.0), lut.count - 1.0)
    below, mapped = math.floor(at), entries(lut)
    above = min(below + 1, lut.count - 1)
    return float(mapped[below] + (at - below) * (mapped[above] - mapped[below]))


def presented(recipe: Recipe, y: float) -> float:
    """C.11.6.1.2: the shape where there is one, else C.7.6.3.1.2, *Photometric Interpretation*."""
    is_inverse = recipe.shape == "INVERSE" if recipe.shape else recipe.photometric == "MONOCHROME1"
    return 1 - y if is_inverse else y


def _range(recipe: Recipe, in_units: list[float], places: NDArray[np.intp]) -> tuple[float, float]:
    """The range without half a percent of the values at either end, and without padding."""
    film = np.array(in_units)[places].ravel()
    kept = sorted(film[recipe.values().ravel() != recipe.padding].tolist())
    last = len(kept) - 1
    return _quantile(kept, TAIL * last), _quantile(kept, (1 - TAIL) * last)


def _quantile(rising: list[float], at: float) -> float:
    below = math.floor(at)
    above = min(below + 1, len(rising) - 1)
    return rising[below] + (at - below) * (rising[above] - rising[below])


_FUNCTIONS = {"LINEAR": linear, "LINEAR_EXACT": linear_exact, "SIGMOID": sigmoid}
