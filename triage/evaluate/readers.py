"""What readers said of films, and how far they agree with the model, the labels and each other."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.labels import READ_AS
from triage.evaluate.agreement import Agreement, agreement, cohen_kappa
from triage.evaluate.bootstrap import Draws, totals
from triage.evaluate.cases import Cases
from triage.evaluate.confusion import kinds, tables
from triage.evaluate.listing import Listing, read_listing
from triage.evaluate.measures import Estimate, Threshold, estimate

READER = "reader"
MODEL, LABELS = "model", "labels"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One reader's answers on one label.

    Args:
        reader: a name.
        label: a score of the model.
        answers: ``float64`` (N,): 1 present, 0 absent, NaN not read.
    """

    reader: str
    label: str
    answers: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two readers on one label.

    Args:
        label: a score of the model.
        first: in the rows of the table.
        second: in its columns.
        table: absent and present, by absent and present.
        agreement: kappa with the large-sample interval, films taken as independent.
        drawn: the same kappa with the interval from drawing patients.
    """

    label: str
    first: str
    second: str
    table: tuple[tuple[int, int], tuple[int, int]]
    agreement: Agreement
    drawn: Estimate


def read_readers(paths: Iterable[Path], cases: Cases) -> tuple[Reading, ...]:
    """Read answers from CSV files: the film, perhaps the ``reader``, and a column per label.

    Without a column ``reader`` the file is one reader, who is called after it. Films that are not
    among the cases are passed over.

    Raises:
        UnusableList: as ``read_listing``; a reader twice on a film, a reader in two files, no
            column that is a label of the model, a word that is no answer, or none of the films.
    """
    readings = [reading for path in paths for reading in _readings(read_listing(path), cases)]
    for (reader, label), count in Counter((r.reader, r.label) for r in readings).items():
        if reader in (MODEL, LABELS):
            raise UnusableList(f"reader {reader}: another name, since it is taken")
        if count > 1:
            raise UnusableList(
                f"reader {reader} answers {label} in several files or columns: in one"
            )
    return tuple(readings)


def raters(cases: Cases, label: str, threshold: Threshold | None) -> tuple[Reading, ...]:
    """Return the model at its threshold and the labels as two more readers, where they are."""
    found = []
    if threshold is not None:
        called = (cases.scores[label] >= threshold.value).astype(np.float64)
        found.append(Reading(MODEL, label, called))
    if label in cases.truths:
        found.append(Reading(LABELS, label, cases.truths[label]))
    return tuple(found)


def pairs(readings: Sequence[Reading], *, draws: Draws) -> tuple[Pair, ...]:
    """Compare all readers of one label with each other, on the films that both have read."""
    return tuple(_pair(one, other, draws) for one, other in combinations(readings, 2))


def _pair(first: Reading, second: Reading, draws: Draws) -> Pair:
    both = np.flatnonzero(~np.isnan(first.answers) & ~np.isnan(second.answers))
    cells = kinds(second.answers[both] > 0, first.answers[both] > 0)
    table = tables(cells.sum(axis=1)[:, None])[0].astype(int)
    found = agreement(table)
    kappas = draws.measure(
        lambda weights: cohen_kappa(tables(totals(cells, weights)))[None], films=both
    )
    value = np.nan if found.kappa is None else found.kappa
    (a, b), (c, d) = table.tolist()
    drawn = estimate(value, kappas[0], why=found.why)
    if found.interval is None:
        drawn = replace(drawn, interval=None, why=found.why)
    return Pair(first.label, first.reader, second.reader, ((a, b), (c, d)), found, drawn)


def _readings(listing: Listing, cases: Cases) -> list[Reading]:
    columns = [
        (label, name)
        for name in listing.columns
        if (label := READ_AS.get(name, name)) in cases.scores
    ]
    if not columns:
        raise UnusableList(
            f"{listing.path}: no column is a label of the model: {', '.join(cases.scores)}"
        )
    place = {film: number for number, film in enumerate(cases.films)}
    if not place.keys() & set(listing.films()):
        raise UnusableList(f"{listing.path}: 0 of these films were read: at least 1")
    return [
        Reading(reader, label, _answers(own, name, place))
        for reader, own in _by_reader(listing).items()
        for label, name in columns
    ]


def _by_reader(listing: Listing) -> dict[str, Listing]:
    if READER not in listing.columns:
        names = [listing.path.name.partition(".")[0]] * len(listing.rows)
    else:
        names = [row[READER] for row in listing.rows]
    found = {}
    for reader in dict.fromkeys(names):
        rows = [row for row, name in zip(listing.rows, names, strict=True) if name == reader]
        found[reader] = Listing(listing.path, listing.columns, rows)
        found[reader].refuse_repeats()
    return found


def _answers(listing: Listing, column: str, place: Mapping[str, int]) -> NDArray[np.float64]:
    answers = np.full(len(place), np.nan)
    for film, answer in zip(listing.films(), listing.truths(column), strict=True):
        if film in place:
            answers[place[film]] = answer
    return answers
