"""What another network said of films, as targets that are softer than yes and no."""

import csv
import gzip
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14, HEADS

FILM = ("Image Index", "file")
PREFIX = "prob_"

Predictions = Mapping[str, tuple[float, ...]]
"""For each film, by its original name, one probability per label in the order of ``LABELS``."""


def read_predictions(path: Path) -> Predictions:
    """Read the probabilities that a network gave to the 14 findings.

    Args:
        path: CSV, plain or gzipped; ``Image Index`` or ``file``, and a column per finding, with
            ``prob_`` before its name or without.

    Returns:
        Probabilities within [0, 1]; a head's is that of any of its findings, as if they were
        independent.

    Raises:
        UnusableList: no such file, a missing column, or a value that is no probability.
    """
    if not path.is_file():
        raise UnusableList(f"{path}: no such file")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        names = reader.fieldnames or ()
        film = _column(path, names, FILM)
        columns = [_column(path, names, (PREFIX + name, name)) for name in CHESTXRAY14]
        return {row[film]: _all_labels([_probability(row, c) for c in columns]) for row in reader}


def _column(path: Path, names: Sequence[str], candidates: Sequence[str]) -> str:
    for name in candidates:
        if name in names:
            return name
    raise UnusableList(f"{path}: column {candidates[0]} is missing")


def _probability(row: Mapping[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise UnusableList(f"{column} {row[column]!r}: a probability within [0, 1]")
    return value


def _all_labels(findings: Sequence[float]) -> tuple[float, ...]:
    absent = dict(zip(CHESTXRAY14, (1 - value for value in findings), strict=True))
    heads = (1 - math.prod(absent[name] for name in sorted(head)) for head in HEADS.values())
    return (*heads, *findings)
