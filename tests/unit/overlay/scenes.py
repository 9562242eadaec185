"""Films of one gray, what is said of them, and how colours are asked for."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from triage.domain.assessment import Assessment, Finding, HeatMap, Model, Placement, Tier
from triage.domain.film import Film
from triage.domain.labels import CHESTXRAY14
from triage.overlay.appearance import Appearance

APPEARANCE = Appearance(long_side=768)
WHOLE = Placement(top=0, left=0, height=1, width=1)
TUMOUR = Finding("tumour", 0.9, 0.5, Tier.FLAGGED)
INFLAMMATION = Finding("inflammation", 0.1, 0.4, Tier.BELOW)


def film(rows: int, columns: int, gray: int = 128) -> Film:
    """Make a film of one gray."""

    def resample(stored: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
        area = cv2.resize(stored.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
        return np.asarray(area, np.float32)

    return Film(np.full((rows, columns), gray, np.uint8), lambda v: v / np.float32(255), resample)


def assess(*findings: Finding, weights: object = 1.0, placement: Placement = WHOLE) -> Assessment:
    """Assess with one map of 7 x 7 for each finding."""
    grid = np.broadcast_to(np.asarray(weights, np.float32), (7, 7))
    maps = tuple(HeatMap(finding.label, grid, placement) for finding in findings)
    return Assessment(Model("two-heads", "1.2", "ab" * 32), findings, maps)


def one_hot(row: int, column: int) -> NDArray[np.float32]:
    """A map of 7 x 7 with one cell of 1."""
    weights = np.zeros((7, 7), np.float32)
    weights[row, column] = 1
    return weights


def saturation(picture: NDArray[np.uint8]) -> NDArray[np.int16]:
    """How far each pixel is from gray."""
    return np.asarray(np.ptp(picture.astype(np.int16), axis=2))


def inferno(level: int) -> NDArray[np.float64]:
    """The colour of a level of 256, RGB."""
    levels = np.full((1, 1), level, np.uint8)
    return np.asarray(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[0, 0, ::-1], np.float64)


def film_part(picture: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """The part of the picture where the film lies."""
    return picture[:rows, :columns]


def sixteen() -> Assessment:
    """Assess with both heads flagged and the 14 findings, as a bundle of all labels does."""
    heads = (TUMOUR, Finding("inflammation", 0.8, 0.5, Tier.FLAGGED))
    others = [Finding(label, 0.6, 0.7, Tier.BELOW) for label in CHESTXRAY14]
    return assess(*heads, *others, weights=one_hot(2, 4))


# The hot cell's centre is (2.5, 4.5) / 7 of the input; where the input is padded, the film
# begins 0.1 later and its share of the side is 0.8.
GEOMETRIES = pytest.mark.parametrize(
    ("shape", "placement", "center"),
    [
        ((960, 768), Placement(0, 0.1, 1, 0.8), (960 * 2.5 / 7, 768 * (4.5 / 7 - 0.1) / 0.8)),
        ((768, 960), Placement(0.1, 0, 0.8, 1), (768 * (2.5 / 7 - 0.1) / 0.8, 960 * 4.5 / 7)),
        ((840, 840), Placement(0, 0, 1, 1), (300, 540)),
    ],
    ids=["portrait", "landscape", "square"],
)
