"""Boxes that radiologists drew around findings, as public collections publish them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from triage.domain.errors import UnusableList
from triage.evaluate.listing import Listing, Row, read_listing

SIDE = 1024
"""Boxes are given in pixels of a square original of so many rows and columns."""

NIH, RSNA = "NIH", "RSNA"
OPACITY = "Lung Opacity"
ORIGINAL = "orig"
"""A column of the labels with the film's name in its collection."""

_LABEL, _CORNERS = "Finding Label", ("Bbox [x", "y", "w", "h]")
_CELLS = {"nih_boxes": (NIH, ""), "rsna_boxes": (RSNA, OPACITY), "boxes_xywh_1024": (RSNA, OPACITY)}
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


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of some films.

    Args:
        by_film: at least one box each.
        elsewhere: how many films with boxes are none of those asked for.
    """

    by_film: Mapping[str, tuple[MarkedBox, ...]]
    elsewhere: int


def names_of(listing: Listing, films: Iterable[str]) -> dict[str, str]:
    """Return every name that films have, their own and their collection's, with the film.

    Raises:
        UnusableList: two of the films have one name in their collection.
    """
    wanted = set(films)
    names = {film: film for film in wanted}
    for film, row in zip(listing.films(), listing.rows, strict=True):
        original = row.get(ORIGINAL, "")
        if film not in wanted or not original:
            continue
        if names.setdefault(original, film) != film:
            raise UnusableList(f"{listing.path}: {ORIGINAL} {original!r:.60} names several films")
    return names


def read_boxes(paths: Sequence[Path], names: Mapping[str, str]) -> Boxes:
    """Read boxes from CSV files: ChestX-ray14's list of boxes, or columns with boxes in cells.

    A cell holds ``x y width height``, after a label where the column is ``nih_boxes``; several are
    divided by semicolons. Where two files have boxes of one source for a film, the first counts.

    Args:
        paths: at least one file.
        names: of the films that are asked for, as ``names_of`` gives them.

    Raises:
        UnusableList: as ``read_listing``; no column holds boxes, a box is no four numbers, has no
            size or leaves the film, or none of the films has a box.
    """
    found: dict[tuple[str, str], tuple[MarkedBox, ...]] = {}
    elsewhere: set[str] = set()
    for path in paths:
        read = list(_read(read_listing(path)))
        elsewhere |= {name for name, _ in read if name not in names}
        known = [(names[name], box) for name, box in read if name in names]
        found = {**_by_film_and_source(known), **found}
    films = {
        film: [b for (f, _), own in found.items() if f == film for b in own] for film, _ in found
    }
    if not films:
        raise UnusableList(
            f"{', '.join(map(str, paths))}: 0 of the chosen films have a box: at least 1;"
            f" {len(elsewhere)} other films have one"
        )
    return Boxes({film: tuple(own) for film, own in films.items()}, len(elsewhere))


def _by_film_and_source(
    boxes: Iterable[tuple[str, MarkedBox]],
) -> dict[tuple[str, str], tuple[MarkedBox, ...]]:
    def _key(pair: tuple[str, MarkedBox]) -> tuple[str, str]:
        return pair[0], pair[1].source

    groups = groupby(sorted(boxes, key=_key), key=_key)
    return {where: tuple(dict.fromkeys(box for _, box in own)) for where, own in groups}


def _read(listing: Listing) -> Iterator[tuple[str, MarkedBox]]:
    columns = [name for name in _CELLS if name in listing.columns]
    listed = {_LABEL, *_CORNERS} <= set(listing.columns)
    if not columns and not listed:
        raise UnusableList(
            f"{listing.path}: no column holds boxes: {', '.join(_CELLS)}, or"
            f" {_LABEL} and {','.join(_CORNERS)}"
        )
    for film, row in zip(listing.films(), listing.rows, strict=True):
        for source, label, words in _written(row, columns, listed=listed):
            yield film, _box(listing.path, film, source=source, label=label, words=words)


def _written(
    row: Row, columns: Sequence[str], *, listed: bool
) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield source, label and four words of each box in a row."""
    if listed:
        yield NIH, row[_LABEL], [row[name] for name in _CORNERS]
    for column in columns:
        source, label = _CELLS[column]
        for text in filter(None, map(str.strip, row[column].split(";"))):
            words = text.split()
            named = [label] if label else words[:1]
            yield source, named[0], words[1 - bool(label) :]


def _box(path: Path, film: str, *, source: str, label: str, words: Sequence[str]) -> MarkedBox:
    said = f"{path}: {source} box {' '.join(words)!r:.60} of {film}"
    try:
        left, top, width, height = map(float, words)
    except ValueError as error:
        raise UnusableList(f"{said}: four numbers x, y, width and height") from error
    if not (width > 0 and height > 0):
        raise UnusableList(f"{said}: width and height above 0")
    # Written so that NaN is refused too.
    if not (left >= 0 and top >= 0 and left + width <= SIDE and top + height <= SIDE):
        raise UnusableList(f"{said}: within the film's {SIDE} x {SIDE} pixels")
    label = _CALLED.get(label, label)
    return MarkedBox(source, label, left / SIDE, top / SIDE, width / SIDE, height / SIDE)
