"""Boxes that radiologists drew around findings, as public collections publish them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from triage.domain.errors import UnusableList
from triage.domain.marked_box import CELLS, NIH, MarkedBox, marked_box, written_boxes
from triage.evaluate.listing import Listing, Row, read_listing

_LABEL, _CORNERS = "Finding Label", ("Bbox [x", "y", "w", "h]")


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of some films.

    Args:
        by_film: at least one box each.
        elsewhere: how many films with boxes are none of those asked for.
    """

    by_film: Mapping[str, tuple[MarkedBox, ...]]
    elsewhere: int


def read_boxes(paths: Sequence[Path], names: Mapping[str, str]) -> Boxes:
    """Read boxes from CSV files: ChestX-ray14's list of boxes, or columns with boxes in cells.

    A cell holds ``x y width height``, after a label where the column is ``nih_boxes``; several are
    divided by semicolons. Where two files have boxes of one source for a film, the first counts.

    Args:
        paths: at least one file.
        names: of the films that are asked for, as ``listing.names_of`` gives them.

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
    listed = {_LABEL, *_CORNERS} <= set(listing.columns)
    if not listed and not CELLS.keys() & set(listing.columns):
        raise UnusableList(
            f"{listing.path}: no column holds boxes: {', '.join(CELLS)}, or"
            f" {_LABEL} and {','.join(_CORNERS)}"
        )
    for film, row in zip(listing.films(), listing.rows, strict=True):
        for source, label, words in _written(row, listed=listed):
            yield film, _box(listing.path, film, source=source, label=label, words=words)


def _written(row: Row, *, listed: bool) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield source, label and four words of each box in a row."""
    if listed:
        yield NIH, row[_LABEL], [row[name] for name in _CORNERS]
    yield from written_boxes(row)


def _box(path: Path, film: str, *, source: str, label: str, words: Sequence[str]) -> MarkedBox:
    try:
        return marked_box(words, source=source, label=label)
    except ValueError as error:
        said = f"{path}: {source} box {' '.join(words)!r:.60} of {film}"
        raise UnusableList(f"{said}: {error}") from error
