"""Boxes that radiologists drew around findings, as public collections write them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SIDE = 1024
"""Boxes are given in pixels of a square original of so many rows and columns."""

NIH, RSNA = "NIH", "RSNA"
OPACITY = "Lung Opacity"
CELLS = {"nih_boxes": (NIH, ""), "rsna_boxes": (RSNA, OPACITY), "boxes_xywh_1024": (RSNA, OPACITY)}
"""Columns whose cells hold ``x y width height``, several divided by semicolons: who drew them, and
the finding; where that is empty, each box begins with it."""

_CALLED = {"Infiltrate": "Infiltration"}


@dataclass(frozen=True, slots=True)
class MarkedBox:
    """A rectangle around a finding; places and sizes are fractions of the film's sides.

    Args:
        source: who drew it.
        label: the finding, as ``domain.labels`` calls it where it can.
        left, top: of the rectangle, at least 0.
        width, height: above 0; the rectangle ends within the film.
    """

    source: str
    label: str
    left: float
    top: float
    width: float
    height: float


def written_boxes(row: Mapping[str, str]) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield source, finding and four words of each box in the cells of a row."""
    for column in filter(row.__contains__, CELLS):
        source, label = CELLS[column]
        for text in filter(None, map(str.strip, row[column].split(";"))):
            words = text.split()
            named = [label] if label else words[:1]
            yield source, named[0], words[1 - bool(label) :]


def marked_box(words: Sequence[str], *, source: str, label: str) -> MarkedBox:
    """Make a box of four words in pixels of the original.

    Raises:
        ValueError: they are no four numbers, have no size, or leave the film.

    >>> marked_box(["256", "0", "512", "1024"], source=NIH, label="Mass").left
    0.25
    """
    try:
        left, top, width, height = map(float, words)
    except ValueError as error:
        raise ValueError("four numbers x, y, width and height") from error
    if not (width > 0 and height > 0):
        raise ValueError("width and height above 0")
    # Written so that NaN is refused too.
    if not (left >= 0 and top >= 0 and left + width <= SIDE and top + height <= SIDE):
        raise ValueError(f"within the film's {SIDE} x {SIDE} pixels")
    called = _CALLED.get(label, label)
    return MarkedBox(source, called, left / SIDE, top / SIDE, width / SIDE, height / SIDE)
