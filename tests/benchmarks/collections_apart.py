"""How well scores rank films within each collection, each scored by a network that never saw it.

Only pairs of films of one collection are compared: across collections the networks differ, and
a collection's share of a finding would be counted as knowledge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from triage.domain.labels import CHESTXRAY14, LABELS
from triage.evaluate.bootstrap import Draws, draw
from triage.evaluate.measures import estimate
from triage.evaluate.roc import auroc_and_precision, rank
from triage.train.folds import Fold, leave_collections_out
from triage.train.labels import LabelledFilm, read_labels
from triage.train.soft import Predictions
from triage.train.table import read_rows

DRAWS, SEED = 1000, 7
OPACITY = "Lung Opacity"
NAMES = ("tumour", "inflammation", f"mean of {len(CHESTXRAY14)}", "RSNA opacity")


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The films of the training split.

    Args:
        films: of adults.
        ordinary: ``bool`` (N,), no second reading called them normal.
        truths: ``float64`` (N, labels), NaN unknown.
        opacity: ``float64`` (N,), whether radiologists saw an opacity; NaN if nobody asked them.
        folds: collections with enough ordinary films to judge by, each left out.
        draws: of the patients.
    """

    films: tuple[LabelledFilm, ...]
    ordinary: NDArray[np.bool_]
    truths: NDArray[np.float64]
    opacity: NDArray[np.float64]
    folds: tuple[Fold, ...]
    draws: Draws

    @classmethod
    def of(cls, folder: Path, *, smallest: int) -> Self:
        """Read the films of a training folder; as ``triage.train.labels.read_labels``."""
        films = tuple(film for film in read_labels(folder) if film.split != "val")
        ordinary = np.array([not film.normal for film in films])
        patients = [film.patient for film in films]
        folds = leave_collections_out(
            patients, [film.collection for film in films], smallest=smallest
        )
        rows = read_rows(folder / "labels.csv", needed=("file",))
        second = {Path(row["file"]).name: row.get("rsna_class", "") for row in rows}
        readings = [second[film.path.name] for film in films]
        _, people = np.unique(patients, return_inverse=True)
        return cls(
            films,
            ordinary,
            np.array([film.targets for film in films], dtype=np.float64),
            np.array([float(text == OPACITY) if text else np.nan for text in readings]),
            tuple(fold for fold in folds if ordinary[fold.held].sum() >= smallest),
            draw(people, count=DRAWS, seed=SEED),
        )

    def with_predictions(self, predictions: Predictions) -> NDArray[np.bool_]:
        """Tell which films somebody else has scored: (N,)."""
        return np.array([film.original in predictions for film in self.films])


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What one network said of the collection that it never saw.

    Args:
        films: ``intp`` (H,) numbers of the films in the cohort.
        values: ``float64`` (H, labels), NaN where the network has no such output.
    """

    films: NDArray[np.intp]
    values: NDArray[np.float64]

    def only(self, wanted: NDArray[np.bool_]) -> "Scores":
        """Keep the films that are wanted, of (N,)."""
        kept = wanted[self.films]
        return Scores(self.films[kept], self.values[kept])


def standing(cohort: Cohort, parts: Sequence[Scores]) -> tuple[str, ...]:
    """Say the AUROC within collections, with intervals, in the order of ``NAMES``."""
    ordinary = [part.only(cohort.ordinary) for part in parts]
    labels = [_within(cohort, ordinary, cohort.truths[:, n], n) for n in range(len(LABELS))]
    findings = np.stack(labels[-len(CHESTXRAY14) :])
    head = LABELS.index("inflammation")
    opacity = _within(cohort, parts, cohort.opacity, head)
    return tuple(_told(row) for row in (labels[0], labels[1], findings.mean(axis=0), opacity))


def _within(
    cohort: Cohort, parts: Sequence[Scores], truth: NDArray[np.float64], label: int
) -> NDArray[np.float64]:
    """Average the AUROC of one label over the parts, by their pairs: (1 + draws,).

    The first value is that of all patients, once each; NaN where nothing can be said.
    """
    sums, pairs = np.zeros(1 + DRAWS), np.zeros(1 + DRAWS)
    for part in parts:
        known = ~np.isnan(truth[part.films]) & ~np.isnan(part.values[:, label])
        films, scores = part.films[known], part.values[known, label]
        present = truth[films] > 0
        if not 0 < present.sum() < len(films):
            continue
        weights = np.concatenate([np.ones((len(films), 1)), _drawn(cohort, films)], axis=1)
        order = np.argsort(-scores, kind="stable")
        area, _ = auroc_and_precision(rank(scores[order], present[order]), weights[order])
        here = (weights[present].sum(axis=0)) * (weights[~present].sum(axis=0))
        sums += np.where(here > 0, np.nan_to_num(area) * here, 0)
        pairs += here
    return np.where(pairs > 0, sums / np.maximum(pairs, 1), np.nan)


def _drawn(cohort: Cohort, films: NDArray[np.intp]) -> NDArray[np.float64]:
    rows = cohort.draws.patients[films]
    drawn = np.concatenate([counts[rows] for counts in cohort.draws.counts], axis=1)
    return drawn.astype(np.float64)


def _told(values: NDArray[np.float64]) -> str:
    found = estimate(float(values[0]), values[1:])
    if found.value is None or found.interval is None:
        return "-"
    low, high = found.interval
    return f"{found.value:.3f} ({low:.3f}-{high:.3f})"
