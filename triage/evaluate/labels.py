"""What is known of films: findings, patients, and the groups that they are in."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from triage.domain.age import years_of
from triage.domain.errors import UnusableList
from triage.domain.findings import read_findings
from triage.domain.labels import CHESTXRAY14, HEADS, READ_AS
from triage.evaluate.age import age_band
from triage.evaluate.listing import (
    AGE,
    FINDINGS,
    PATIENT,
    SEX,
    SOURCE,
    VIEW,
    Listing,
)

TRAINED_ON = "train"
SPLIT = "split"
_CLASS, _OPACITY, _NORMAL = "rsna_class", "Lung Opacity", "Normal"
_CLASSES = {"Lung Opacity": 1.0, "Normal": 0.0, "No Lung Opacity / Not Normal": 0.0, "": np.nan}

_Said = tuple[str, ...]
"""A list of findings, and what the heads' columns say beside it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows and columns of label files are wanted.

    Args:
        only: column and value that a row must have.
        by: columns that films are grouped by, besides source, view, sex and age.
        truths: labels wanted, besides the known ones.
    """

    only: tuple[tuple[str, str], ...] = ()
    by: tuple[str, ...] = ()
    truths: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The films of one or several label files.

    Args:
        films: (N,) their names, each once.
        patients: (N,) numbers from 0; a film whose patient is not named is one of its own.
        patients_known: whether any patient is named.
        trained_on: names of films left out, since a network was trained on them.
        contradicted: names of films that a further file answers in several ways.
        truths: by label, ``float64`` (N,): 1 present, 0 absent, NaN unknown.
        groups: by dimension, ``str`` (N,); empty is unknown.
        years: ``float64`` (N,) ages in years, NaN unknown.
    """

    films: tuple[str, ...]
    patients: NDArray[np.intp]
    patients_known: bool
    trained_on: frozenset[str]
    contradicted: frozenset[str]
    truths: Mapping[str, NDArray[np.float64]]
    groups: Mapping[str, NDArray[np.str_]]
    years: NDArray[np.float64]

    def among(self, films: Container[str]) -> "Labels":
        """Keep those of the films that are ``films``."""
        rows = np.array([n for n, film in enumerate(self.films) if film in films], dtype=np.intp)
        return replace(
            self,
            films=tuple(self.films[n] for n in rows),
            patients=self.patients[rows],
            truths={name: truth[rows] for name, truth in self.truths.items()},
            groups={name: words[rows] for name, words in self.groups.items()},
            years=self.years[rows],
        )


def read_labels(lists: Sequence[Listing], choice: Choice) -> Labels:
    """Read labels off lists; the first says which films there are, the others add labels to them.

    Where the first file has a ``split``, films of ``train`` are left out unless ``choice`` asks
    for them. A column named after a label goes before a list of findings, an earlier file before
    a later one. A list of findings is complete: what it does not name is absent; beside a head
    that is left open it tells nothing. A further file may repeat a film, as public ones do, as
    long as nobody asks for one that it contradicts.

    Raises:
        UnusableList: a film twice, a word that is no label or no answer, a
            column that is not there, no film left, or a patient of these films in ``train``.
    """
    first, *further = lists
    first.refuse_repeats()
    chosen = _chosen(first, choice)
    truths = _truths(chosen, choice.truths)
    contradicted: frozenset[str] = frozenset()
    for listing in further:
        added = _truths(listing, choice.truths)
        contradicted |= _contradicted(listing, added)
        truths = {**_placed(listing, added, chosen.films()), **truths}
    names = chosen.texts(PATIENT)
    _, patients = np.unique(np.where(names == "", chosen.films(), names), return_inverse=True)
    years = np.array([years_of(text) for text in chosen.texts(AGE)])
    left_out = frozenset(_trained_on(first)) - frozenset(chosen.films())
    groups = _groups(chosen, years, choice.by)
    films = tuple(chosen.films())
    known = bool((names != "").any())
    return Labels(films, patients, known, left_out, contradicted, truths, groups, years)


def _chosen(listing: Listing, choice: Choice) -> Listing:
    """Keep the rows that are wanted, and refuse patients that training knows."""
    for column in (*(name for name, _ in choice.only), *choice.by):
        if column not in listing.columns:
            raise UnusableList(f"{listing.path}: column {column} is missing")
    only: dict[str, set[str]] = {}
    for name, value in choice.only:
        only.setdefault(name, set()).add(value)
    unseen = [r for r in listing.rows if SPLIT in only or r.get(SPLIT) != TRAINED_ON]
    rows = [row for row in unseen if all(row[name] in values for name, values in only.items())]
    if not rows:
        raise UnusableList(f"{listing.path}: 0 films are chosen: at least 1")
    chosen = Listing(listing.path, listing.columns, rows)
    _refuse_leakage(listing, chosen)
    return chosen


def _refuse_leakage(listing: Listing, chosen: Listing) -> None:
    """Raise where a patient of the chosen films was trained on by another film."""
    patient, films = listing.column(PATIENT), set(chosen.films())
    if patient is None or SPLIT not in listing.columns:
        return
    named = zip(listing.films(), listing.rows, strict=True)
    trained = {
        row[patient] for film, row in named if row[SPLIT] == TRAINED_ON and film not in films
    }
    both = trained & {row[patient] for row in chosen.rows if row[SPLIT] != TRAINED_ON} - {""}
    if both:
        raise UnusableList(
            f"{listing.path}: patients of these films in train {len(both)}: 0, since the network"
            " would know them"
        )


def _trained_on(listing: Listing) -> list[str]:
    pairs = zip(listing.films(), listing.rows, strict=True)
    return [film for film, row in pairs if row.get(SPLIT) == TRAINED_ON]


def _placed(
    listing: Listing, truths: Mapping[str, NDArray[np.float64]], films: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """Return the truths of a further file in the order of the first one's films."""
    place = {film: number for number, film in enumerate(listing.films())}
    rows = np.array([place.get(film, -1) for film in films])
    return {name: np.where(rows >= 0, truth[rows], np.nan) for name, truth in truths.items()}


def _contradicted(listing: Listing, truths: Mapping[str, NDArray[np.float64]]) -> frozenset[str]:
    """Name the films whose rows in one file differ in an answer."""
    answers = np.nan_to_num(np.stack(list(truths.values()), axis=1), nan=-1) if truths else None
    if answers is None:
        return frozenset()
    first: dict[str, int] = {}
    pairs = [(first.setdefault(film, n), n) for n, film in enumerate(listing.films())]
    return frozenset(
        listing.films()[n] for before, n in pairs if (answers[before] != answers[n]).any()
    )


def _truths(listing: Listing, wanted: frozenset[str]) -> dict[str, NDArray[np.float64]]:
    own = [name for name in listing.columns if name in {*CHESTXRAY14, *HEADS, *READ_AS, *wanted}]
    truths = {name: listing.truths(name) for name in own}
    if _CLASS in listing.columns and _OPACITY not in truths:
        truths[_OPACITY] = _classes(listing)
    column = listing.column(FINDINGS)
    needed = wanted & {*CHESTXRAY14, *HEADS} - truths.keys()
    return {**_listed(listing, column), **truths} if column and needed else truths


def _classes(listing: Listing) -> NDArray[np.float64]:
    for film, row in zip(listing.films(), listing.rows, strict=True):
        if row[_CLASS] not in _CLASSES:
            raise UnusableList(
                f"{listing.path}: {_CLASS} {row[_CLASS]!r:.40} of {film}: one of {list(_CLASSES)}"
            )
    return np.array([_CLASSES[row[_CLASS]] for row in listing.rows])


def _listed(listing: Listing, column: str) -> dict[str, NDArray[np.float64]]:
    """Read lists such as ``Mass|Effusion``; where a head is left open, a list tells nothing."""
    columns = (column, *(head for head in HEADS if head in listing.columns))
    said = [tuple(row[name] for name in columns) for row in listing.rows]
    read: dict[_Said, frozenset[str] | None] = {}
    for film, words in zip(listing.films(), said, strict=True):
        if words not in read:  # few lists differ
            read[words] = read_findings(words[0], film=f"{film} ({listing.path})", heads=words[1:])
    meanings = {**{name: frozenset({name}) for name in CHESTXRAY14}, **HEADS}
    answers = {name: _any_of(findings, read) for name, findings in meanings.items()}
    return {name: np.array([each[words] for words in said]) for name, each in answers.items()}


def _any_of(
    findings: frozenset[str], read: Mapping[_Said, frozenset[str] | None]
) -> dict[_Said, float]:
    """Tell of each list whether it names one of the findings."""
    return {
        words: np.nan if found is None else float(bool(found & findings))
        for words, found in read.items()
    }


def _groups(
    listing: Listing, years: NDArray[np.float64], by: Sequence[str]
) -> dict[str, NDArray[np.str_]]:
    return {
        "source": listing.texts(SOURCE),
        "view": listing.texts(VIEW),
        "sex": listing.texts(SEX),
        "age": np.array([age_band(year) for year in years], dtype=np.str_),
        "rsna": _readings(listing),
        **{column: listing.texts((column,)) for column in by},
    }


def _readings(listing: Listing) -> NDArray[np.str_]:
    """Part ordinary films from those that radiologists read as Normal, where both are there.

    Nothing tells them apart but this column, and a network ranks the kinds before the findings.
    """
    normal = listing.texts((_CLASS,)) == _NORMAL
    if normal.all() or not normal.any():
        return np.full(normal.shape, "")
    return np.where(normal, "read as Normal", "ordinary")
