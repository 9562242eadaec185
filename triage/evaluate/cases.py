"""Predictions and labels of the same films, put side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.labels import READ_AS
from triage.evaluate.labels import Labels
from triage.evaluate.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Question:
    """A score, and the label that it is held against."""

    score: str
    truth: str

    @property
    def name(self) -> str:
        """How reports call it: the label, and the score where that has another name."""
        return self.truth if self.score == self.truth else f"{self.truth}, by {self.score}"


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The films on which a question can be answered.

    Args:
        films: (n,) which of all N films.
        scores: ``float64`` (n,) probabilities.
        present: ``bool`` (n,).
    """

    films: NDArray[np.intp]
    scores: NDArray[np.float64]
    present: NDArray[np.bool_]

    def within(self, chosen: NDArray[np.bool_]) -> "Answers":
        """Keep the films that are ``chosen``, ``bool`` (N,)."""
        return self._at(np.flatnonzero(chosen[self.films]))

    def falling(self) -> "Answers":
        """Return the films in falling order of score."""
        return self._at(np.argsort(-self.scores, kind="stable"))

    def _at(self, rows: NDArray[np.intp]) -> "Answers":
        return Answers(self.films[rows], self.scores[rows], self.present[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Films with scores, labels, patients and groups; all arrays are (N,).

    Args:
        films: their names.
        patients: numbers from 0.
        scores: by label, probabilities.
        truths: by label, 1 present, 0 absent, NaN unknown.
        groups: by dimension, words; empty is unknown.
        unpredicted: labelled films that have no prediction and are left out.
    """

    films: tuple[str, ...]
    patients: NDArray[np.intp]
    scores: Mapping[str, NDArray[np.float64]]
    truths: Mapping[str, NDArray[np.float64]]
    groups: Mapping[str, NDArray[np.str_]]
    unpredicted: int

    def answers(self, question: Question) -> Answers:
        """Return scores and truth of the films where the truth is known."""
        truth = self.truths[question.truth]
        known = np.flatnonzero(~np.isnan(truth))
        return Answers(known, self.scores[question.score][known], truth[known] > 0)


def join(predictions: Predictions, labels: Labels, *, only_labelled: bool = False) -> Cases:
    """Put predictions and labels of the same films side by side, in the predictions' order.

    Args:
        predictions: of a model.
        labels: of at least these films.
        only_labelled: leave films without labels, and those of the split train, out instead of
            refusing them.

    Raises:
        UnusableList: predicted films have no labels, contradictory ones, or were trained on; or
            none is left.
    """
    place = {film: number for number, film in enumerate(labels.films)}
    if not only_labelled:
        _refuse(predictions, labels.trained_on, why="of the split train")
    _refuse(predictions, labels.contradicted, why="that a label file answers in several ways")
    missing = [film for film in predictions.films if film not in place]
    if missing and not only_labelled:
        raise UnusableList(
            f"{predictions.name}: predicted films without labels {len(missing)}: 0; such as"
            f" {missing[0]}"
        )
    kept = np.array([n for n, film in enumerate(predictions.films) if film in place], dtype=np.intp)
    if not kept.size:
        raise UnusableList(f"{predictions.name}: 0 films have labels: at least 1")
    rows = np.array([place[predictions.films[n]] for n in kept])
    _, patients = np.unique(labels.patients[rows], return_inverse=True)
    return Cases(
        films=tuple(predictions.films[n] for n in kept),
        patients=patients,
        scores={name: values[kept] for name, values in predictions.scores.items()},
        truths={name: values[rows] for name, values in labels.truths.items()},
        groups={name: words[rows] for name, words in labels.groups.items()},
        unpredicted=len(labels.films) - len(kept),
    )


def questions(cases: Cases, compared: Sequence[Question]) -> tuple[Question, ...]:
    """List what can be asked: each score by its own name, radiologists' labels, and the wished.

    Raises:
        UnusableList: a wished question names a score or a label that is not there, or there is
            nothing to ask.
    """
    for wished in compared:
        _refuse_unknown(wished.score, cases.scores, what="score")
        _refuse_unknown(wished.truth, cases.truths, what="label")
    own = [Question(name, name) for name in cases.scores if name in cases.truths]
    read = [
        Question(score, truth)
        for truth, score in READ_AS.items()
        if score in cases.scores and truth in cases.truths
    ]
    asked = tuple(dict.fromkeys([*own, *read, *compared]))
    if not asked:
        raise UnusableList(
            f"scores {', '.join(cases.scores)} meet none of the labels {', '.join(cases.truths)}:"
            " name a pair to compare"
        )
    return asked


def _refuse(predictions: Predictions, films: frozenset[str], *, why: str) -> None:
    found = [film for film in predictions.films if film in films]
    if found:
        raise UnusableList(
            f"{predictions.name}: predicted films {why} {len(found)}: 0; such as {found[0]}"
        )


def _refuse_unknown(name: str, there: Mapping[str, object], *, what: str) -> None:
    if name not in there:
        raise UnusableList(f"{what} {name}: one of {', '.join(there) or 'none'}")
