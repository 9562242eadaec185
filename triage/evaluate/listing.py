"""CSV lists of films, plain or gzipped, and what the columns of published lists are called."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList

Row = Mapping[str, str]

FILE = ("file", "Image Index", "nih_image")
PATIENT = ("patient_id", "Patient ID")
VIEW = ("view", "View Position")
SEX = ("sex", "Patient Gender")
AGE = ("age", "Patient Age")
FINDINGS = ("findings", "Finding Labels")
SOURCE = ("source_repo", "source", "dataset")
ORIGINAL = "orig"
"""A column of labels with the film's name in its collection."""

_GZIP = b"\x1f\x8b"
_WORDS = {"1": 1.0, "0": 0.0, "YES": 1.0, "NO": 0.0, "": np.nan}


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of a CSV file, in its order.

    Args:
        path: where it was read, for messages.
        columns: at least one of ``FILE`` is among them.
        rows: one mapping of column to text each.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Sequence[Row]

    def column(self, names: Sequence[str]) -> str | None:
        """Return the first of several names that is a column here."""
        return next((name for name in names if name in self.columns), None)

    def films(self) -> list[str]:
        """Name the film of each row."""
        name = self.column(FILE) or FILE[0]
        return [row[name] for row in self.rows]

    def texts(self, names: Sequence[str]) -> NDArray[np.str_]:
        """Return the first of several columns, ``str`` (N,); empty where there is none."""
        name = self.column(names)
        return np.array([row[name] if name else "" for row in self.rows], dtype=np.str_)

    def refuse_repeats(self) -> None:
        """Raise ``UnusableList`` where a film has more than one row."""
        films = self.films()
        repeated = [film for film, count in Counter(films).items() if count > 1]
        if repeated:
            raise UnusableList(
                f"{self.path}: films with several rows {len(repeated)}: 0; such as {repeated[0]}"
            )

    def truths(self, column: str) -> NDArray[np.float64]:
        """Read a column of answers.

        Returns:
            ``float64`` (N,): 1 present, 0 absent, NaN unknown.

        Raises:
            UnusableList: a word is neither 1, 0, YES, NO nor empty.
        """
        for row, film in zip(self.rows, self.films(), strict=True):
            if row[column] not in _WORDS:
                raise UnusableList(
                    f"{self.path}: {column} {row[column]!r:.40} of {film}: 1, 0, YES, NO or empty"
                )
        return np.array([_WORDS[row[column]] for row in self.rows])


def read_listing(path: Path) -> Listing:
    """Read a list of films.

    Args:
        path: CSV in UTF-8 with a line of names, plain or gzipped.

    Raises:
        UnusableList: no such file, damaged, a row of another length, or no column names films.
    """
    return _parsed(path, read_text(path))


def read_text(path: Path) -> str:
    """Read a file of text in UTF-8, plain or gzipped.

    Raises:
        UnusableList: no such file, damaged, or no such text.
    """
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise UnusableList(f"{path}: {error.strerror or 'is no gzip file'}") from error
    except (EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UnusableList(f"{path}: damaged, or no text in UTF-8") from error


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


def _parsed(path: Path, text: str) -> Listing:
    lines = list(csv.reader(io.StringIO(text, newline="")))
    columns = _named(lines[0]) if lines else ()
    if not set(FILE) & set(columns):
        raise UnusableList(f"{path}: no column names the films: one of {', '.join(FILE)}")
    if len(set(columns)) < len(columns):
        raise UnusableList(f"{path}: a column has the name of another")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        fields, beyond = line[: len(columns)], line[len(columns) :]
        if line and (any(beyond) or len(fields) != len(columns)):
            raise UnusableList(
                f"{path}: row {number} has {len(line)} fields: {len(columns)}, as the first line"
            )
        rows += [dict(zip(columns, fields, strict=True))] * bool(line)
    return Listing(path, columns, rows)


def _named(line: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns; what spreadsheets put after the last name is none."""
    last = max((place for place, name in enumerate(line) if name), default=-1)
    return tuple(line[: last + 1])
