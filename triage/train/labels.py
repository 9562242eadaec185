"""The labelled films of a training folder: read, checked, selected."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from triage.domain.errors import ConfigurationError
from triage.domain.labels import HEADS

NEEDED = ("file", "patient_id", "split", *HEADS)
SPLITS = ("train", "val")
WORDS = {"1": 1.0, "0": 0.0, "": None}
ADULT_YEARS = 18


@dataclass(frozen=True, slots=True)
class LabelledFilm:
    """One row of ``labels.csv``.

    Args:
        path: the film's file.
        patient: pseudonym that never crosses the splits.
        split: ``train`` or ``val``.
        targets: one value per head in the order of ``HEADS``; ``None`` is unknown.
        source: data set and licence, as the row names them.
    """

    path: Path
    patient: str
    split: str
    targets: tuple[float | None, ...]
    source: str


def read_labels(folder: Path) -> tuple[LabelledFilm, ...]:
    """Read the films of ``folder`` that are fit to train the two heads.

    Args:
        folder: holds ``labels.csv``; its ``file`` column is relative to the folder or to the
            folder above it.

    Returns:
        The selected films in the order of the file.

    Raises:
        ConfigurationError: file or column missing, unknown word, missing film, a patient in
            both splits, or a split without films.
    """
    rows = read_rows(folder / "labels.csv", needed=NEEDED)
    films = tuple(_film(row, folder) for row in rows if selected(row))
    known = tuple(film for film in films if any(t is not None for t in film.targets))
    refuse_leakage(known)
    _refuse_empty(known)
    return known


def selected(row: Mapping[str, str]) -> bool:
    """Tell whether a row is trained on: adults, and no film that radiologists read as normal.

    Films whose second reading (``rsna_class``) is Normal come from one collection with its own
    sharpness, and hold nearly all negatives: pooled, a network learns the collection. Children
    come from another hospital and are outside what is assessed. An absent age counts as adult.

    >>> selected({"age": "1-5y"}), selected({"age": "61", "rsna_class": "Lung Opacity"})
    (False, True)
    """
    years = [int(number) for number in re.findall(r"\d+", row.get("age") or "")]
    adult = not years or max(years) >= ADULT_YEARS
    return adult and row.get("rsna_class") != "Normal"


def read_rows(path: Path, *, needed: Iterable[str]) -> list[dict[str, str]]:
    """Read a list of films.

    Args:
        path: CSV with a line of names.
        needed: columns that must be there.

    Raises:
        ConfigurationError: there is no such file, or a column is missing.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file; a training folder holds labels.csv")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise ConfigurationError(f"{path}: column {missing[0]} is missing")
        return list(reader)


def film_path(name: str, folder: Path) -> Path:
    """Find a film that ``labels.csv`` names, in its folder or in the one above.

    Raises:
        ConfigurationError: there is no such file.
    """
    for root in (folder, folder.parent):
        if (root / name).is_file():
            return root / name
    raise ConfigurationError(f"{name}: named in labels.csv of {folder}, but there is no such file")


def source_of(row: Mapping[str, str]) -> str:
    """Name the data set of a film and its licence, as a card lists them."""
    return f"{row.get('dataset') or 'unnamed'}: {row.get('licence') or 'licence unknown'}"


def refuse_leakage(films: Iterable[LabelledFilm]) -> None:
    """Raise ``ConfigurationError`` where one patient is in both splits."""
    patients = {split: {f.patient for f in films if f.split == split} for split in SPLITS}
    both = patients["train"] & patients["val"]
    if both:
        raise ConfigurationError(
            f"patients in both splits {len(both)}: 0, since validation would know them"
        )


def _refuse_empty(films: Iterable[LabelledFilm]) -> None:
    for split in sorted(set(SPLITS) - {film.split for film in films}):
        raise ConfigurationError(f"0 films of adults with a known label in {split}: at least 1")


def _film(row: Mapping[str, str], folder: Path) -> LabelledFilm:
    if row["split"] not in SPLITS:
        raise ConfigurationError(f"split {row['split']!r} of {row['file']}: one of {SPLITS}")
    return LabelledFilm(
        path=film_path(row["file"], folder),
        patient=row["patient_id"],
        split=row["split"],
        targets=tuple(_target(row, head) for head in HEADS),
        source=source_of(row),
    )


def _target(row: Mapping[str, str], head: str) -> float | None:
    if row[head] not in WORDS:
        raise ConfigurationError(f"{head} {row[head]!r} of {row['file']}: 1, 0 or empty")
    return WORDS[row[head]]
