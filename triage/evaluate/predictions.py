"""The probabilities that a model gave to films, read from a CSV."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.labels import HEADS
from triage.evaluate.listing import FILE, Listing, read_listing

PREFIX = "prob_"
"""Some lists put it before the name of each finding."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a model says of films.

    Args:
        name: of the file, or of the bundle.
        films: (N,) their names, each once.
        scores: by label, ``float64`` (N,) probabilities within [0, 1].
    """

    name: str
    films: tuple[str, ...]
    scores: Mapping[str, NDArray[np.float64]]


def read_predictions(path: Path) -> Predictions:
    """Read a CSV: a column that names the film, and a probability in every other column.

    Heads that the file lacks are made of their findings, as ``with_heads`` says.

    Raises:
        UnusableList: as ``read_listing``; a film twice, no film, no score, or a value that is no
            probability.
    """
    listing = read_listing(path)
    listing.refuse_repeats()
    labels = [name for name in listing.columns if name not in FILE]
    if not labels or not listing.rows:
        raise UnusableList(f"{path}: {len(listing.rows)} films, {len(labels)} scores: at least 1")
    scores = {name.removeprefix(PREFIX): _probabilities(listing, name) for name in labels}
    return Predictions(path.name, tuple(listing.films()), with_heads(scores))


def renamed(predictions: Predictions, names: Mapping[str, str]) -> Predictions:
    """Call films as ``names`` does; those that it lacks keep their names.

    Raises:
        UnusableList: one film is there under two names.
    """
    films = tuple(names.get(film, film) for film in predictions.films)
    twice = [film for film, count in Counter(films).items() if count > 1]
    if twice:
        raise UnusableList(
            f"{predictions.name}: films under two names {len(twice)}: 0; such as {twice[0]}"
        )
    return replace(predictions, films=films)


def aligned(predictions: Predictions, films: Sequence[str]) -> Predictions:
    """Return the predictions of ``films``, in that order; NaN where there is none.

    Raises:
        UnusableList: none of them has a prediction.
    """
    place = {film: number for number, film in enumerate(predictions.films)}
    rows = np.array([place.get(film, -1) for film in films])
    if (rows < 0).all():
        raise UnusableList(
            f"{predictions.name}: 0 of {len(films)} films have a prediction: at least 1; none"
            f" is called {films[0]}"
        )
    scores = {
        label: np.where(rows < 0, np.nan, values[rows])
        for label, values in predictions.scores.items()
    }
    return Predictions(predictions.name, tuple(films), scores)


def with_heads(scores: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Add the heads that are absent: 1 - prod(1 - p) over a head's findings, if all are there.

    >>> scores = {"Mass": np.array([0.5]), "Nodule": np.array([0.2])}
    >>> with_heads(scores)["tumour"].round(6).tolist()
    [0.6]
    """
    made = {
        head: 1 - np.prod([1 - scores[finding] for finding in sorted(findings)], axis=0)
        for head, findings in HEADS.items()
        if head not in scores and findings <= scores.keys()
    }
    return {**scores, **made}


def save_predictions(path: Path, predictions: Predictions) -> None:
    """Write predictions as the CSV that ``read_predictions`` reads."""
    labels = list(predictions.scores)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([FILE[0], *labels])
        columns = np.stack([predictions.scores[label] for label in labels], axis=1)
        for film, row in zip(predictions.films, columns.tolist(), strict=True):
            writer.writerow([film, *map(repr, row)])


def _probabilities(listing: Listing, column: str) -> NDArray[np.float64]:
    values = np.array([_number(row[column]) for row in listing.rows])
    wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if wrong.size:
        film, text = listing.films()[wrong[0]], listing.rows[wrong[0]][column]
        raise UnusableList(
            f"{listing.path}: {column} {text!r:.40} of {film}: a probability from 0 to 1"
        )
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
