"""Real films whose pixels are off by a few gray levels, or that lie in borders: the same field.

``pytest tests/acceptance/test_fields.py -s`` prints the table of ``docs/screening.md``.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from functools import partial

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.tools import BESIDE, needs_films
from tests.unit.infer.films import film
from triage.infer.collimation import field

pytestmark = needs_films

EVERY = 4
SIDES = (40, 20, 10, 60)
"""Rows above and below, columns left and right."""

Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], Pixels]


def adults() -> Iterator[Pixels]:
    """Every fourth validation film of an adult."""
    with (BESIDE / "cxr" / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    nih = [row for row in rows if row["file"].startswith("cxr/val/nih") and int(row["age"]) >= 18]
    for row in nih[::EVERY]:
        yield np.asarray(cv2.imread(str(BESIDE / row["file"]), cv2.IMREAD_GRAYSCALE), np.uint8)


def as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, stream = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(stream, cv2.IMREAD_GRAYSCALE), np.uint8)


def noisy(pixels: Pixels, deviation: float) -> Pixels:
    drawn = np.random.default_rng(pixels.size).normal(0, deviation, pixels.shape)
    return np.clip(np.rint(pixels + drawn), 0, 255).astype(np.uint8)


def negative(pixels: Pixels) -> Pixels:
    return 255 - pixels


def bordered(pixels: Pixels, gray: int) -> Pixels:
    top, bottom, left, right = SIDES
    return np.pad(pixels, ((top, bottom), (left, right)), constant_values=gray)


def edges(pixels: Pixels, *, top: int = 0, left: int = 0) -> NDArray[np.int64]:
    """The field's edges, in rows and columns of the film without what was put around it."""
    found = field(film(np.float32(1 / 255) * pixels.astype(np.float32)))
    ends = (found.top, found.left, found.top + found.rows, found.left + found.columns)
    return np.asarray(np.subtract(ends, (top, left, top, left)), np.int64)


def moves(change: Change, *, top: int = 0, left: int = 0) -> list[float]:
    """By how many per cent of its side the edge that moved most did, film by film."""
    found = []
    for pixels in adults():
        moved = np.abs(edges(change(pixels), top=top, left=left) - edges(pixels))
        found.append(float((100 * moved / [*pixels.shape, *pixels.shape]).max()))
    return found


def told(name: str, found: list[float]) -> int:
    """Print a row, and return how many fields moved."""
    moved = sum(move > 0 for move in found)
    line = f"{name}: {moved} of {len(found)} fields moved, by {max(found):.2f} % of a side at most"
    sys.stdout.write(f"\n{line}\n")
    return moved


@pytest.mark.parametrize(
    ("change", "most_moved"),
    [
        (partial(as_jpeg, quality=90), 1),
        (partial(as_jpeg, quality=75), 6),
        (partial(noisy, deviation=1), 4),
        (negative, 0),
    ],
    ids=["JPEG 90", "JPEG 75", "noise of 1", "negative"],
)
def test_a_few_gray_levels_move_few_fields_and_these_little(
    change: Change, most_moved: int, request: pytest.FixtureRequest
) -> None:
    found = moves(change)

    assert told(request.node.callspec.id, found) <= most_moved
    assert max(found) <= 3


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_a_border_moves_no_field_by_more_than_a_line(gray: int) -> None:
    found = moves(partial(bordered, gray=gray), top=SIDES[0], left=SIDES[2])

    assert told(f"border of {gray}", found) <= 2
    assert max(found) <= 0.5


def test_a_border_that_shows_something_would_be_noticed() -> None:
    def crowded(pixels: Pixels) -> Pixels:
        around = bordered(pixels, 0)
        around[:: SIDES[1], ::4] = 255
        return around

    assert told("border with dots", moves(crowded, top=SIDES[0], left=SIDES[2])) > 200
