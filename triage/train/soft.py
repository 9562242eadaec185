"""What another network said of films, as targets that are softer than yes and no."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14, HEADS
from triage.train.table import read_rows

FILM = ("Image Index", "file")
PREFIX = "prob_"

Predictions = Mapping[str, tuple[float, ...]]
"""For each film, by its original name, one probability per label in the order of ``LABELS``."""


def read_predictions(path: Path) -> Predictions:
    """Read the probabilities that a network gave to the 14 findings.

    Args:
        path: CSV, plain or gzipped whatever its name; ``Image Index`` or ``file``, and a column
            per finding, with ``prob_`` before its name or without.

    Returns:
        Probabilities within [0, 1]; a head's is that of any of its findings, as if they were
        independent.

    Raises:
        UnusableList: no such file, damaged, without a film, a missing column, a row of another
            length, a film that is listed twice, or a value that is no probability.
    """
    rows = read_rows(path, needed=())
    if not rows:
        raise UnusableList(f"{path}: 0 films: at least 1")
    film = _column(path, rows[0], FILM)
    columns = [_column(path, rows[0], (PREFIX + name, name)) for name in CHESTXRAY14]
    repeated = [name for name, count in Counter(row[film] for row in rows).items() if count > 1]
    if repeated:
        raise UnusableList(
            f"{path}: films with several rows {len(repeated)}: 0; such as {repeated[0]}"
        )
    return {row[film]: _all_labels([_probability(path, row, c) for c in columns]) for row in rows}


def _column(path: Path, names: Collection[str], candidates: Sequence[str]) -> str:
    for name in candidates:
        if name in names:
            return name
    raise UnusableList(f"{path}: column {candidates[0]} is missing")


def _probability(path: Path, row: Mapping[str, str], column: str) -> float:
    try:
        value = float(row[column])
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1:
        raise UnusableList(f"{path}: {column} {row[column]!r:.40}: a probability within [0, 1]")
    return value


def _all_labels(findings: Sequence[float]) -> tuple[float, ...]:
    absent = dict(zip(CHESTXRAY14, (1 - value for value in findings), strict=True))
    heads = (1 - math.prod(absent[name] for name in sorted(head)) for head in HEADS.values())
    return (*heads, *findings)
