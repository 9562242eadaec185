"""How far models and radiologists agree on a site's own studies, and radiologists among themselves.

A reader's word stands for the truth where sensitivity, specificity and AUROC need one; labels that
were mined from reports never do.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Model
from triage.domain.reading import Comparison
from triage.evaluate.agreement import NORMAL_QUANTILE, Agreement, agreement
from triage.evaluate.confusion import kinds, tables
from triage.evaluate.delong import FEWEST, covariance
from triage.evaluate.measures import Estimate
from triage.evaluate.proportion import share

Counts = tuple[tuple[int, int], tuple[int, int]]

_FEW = f"AUROC: fewer than {FEWEST} studies with the finding, or without it"
_NO_SPREAD = "AUROC: no interval, since no study changes the ranking"


@dataclass(frozen=True, slots=True)
class Figures:
    """A reader beside a model, which is one version of it, or beside another reader.

    Args:
        label: what was looked for.
        reader: whose answers are the rows of ``table``.
        beside: the other reader, whose answers are its columns; ``None`` where it is a model.
        model: ``None`` where it is a reader, or no model was asked.
        reads: studies on which the reader has said something about the label.
        table: absent and present, by absent and present; a model says present where a film
            reached its threshold.
        agreement: Cohen's kappa.
        sensitivity, specificity, auroc: of the model, with the reader as truth; ``None`` beside
            another reader.
    """

    label: str
    reader: str
    beside: str | None
    model: Model | None
    reads: int
    table: Counts
    agreement: Agreement
    sensitivity: Estimate | None = None
    specificity: Estimate | None = None
    auroc: Estimate | None = None

    @property
    def why(self) -> str:
        """What makes a figure undefined; empty where all of them are there."""
        kappa = f"kappa: {self.agreement.why}" if self.agreement.why else ""
        found = [each.why for each in (self.sensitivity, self.specificity, self.auroc) if each]
        return "; ".join(filter(None, [kappa, *found]))


def concordance(compared: Iterable[Comparison]) -> list[Figures]:
    """Compute the figures of every label: each reader beside each model, then beside each other.

    Readers who have no study of a label in common are not put beside each other.
    """
    words: dict[tuple[str, str], list[Comparison]] = {}
    for each in compared:
        words.setdefault((each.label, each.reader), []).append(each)
    models = [found for key in sorted(words) for found in _beside_models(words[key])]
    readers = [
        _beside_reader(words[one], words[other])
        for one, other in combinations(sorted(words), 2)
        if one[0] == other[0] and _answers(words[one]).keys() & _answers(words[other]).keys()
    ]
    return sorted(models + readers, key=lambda found: found.label)


def _beside_models(words: Sequence[Comparison]) -> Iterator[Figures]:
    """Yield the figures of each version, or an empty table where no model was asked."""
    models = {each.model for each in words if each.model}
    for model in sorted(models, key=lambda m: (m.name, m.version, m.digest)):
        yield _beside_model(words, model)
    if not models:
        nobody = agreement([[0, 0], [0, 0]])
        yield Figures(*_named(words), None, None, len(_answers(words)), ((0, 0), (0, 0)), nobody)


def _beside_model(words: Sequence[Comparison], model: Model) -> Figures:
    said = [each for each in words if each.model == model]
    present = np.array([each.present for each in said])
    table = _table(present, np.array([each.reached for each in said]))
    (quiet, alarms), (misses, hits) = table
    return Figures(
        *_named(words),
        beside=None,
        model=model,
        reads=len(_answers(words)),
        table=table,
        agreement=agreement(table),
        sensitivity=share(hits, misses + hits, why="sensitivity: no study with the finding"),
        specificity=share(quiet, quiet + alarms, why="specificity: no study without the finding"),
        auroc=_auroc(np.array([each.probability for each in said]), present),
    )


def _beside_reader(words: Sequence[Comparison], others: Sequence[Comparison]) -> Figures:
    first, second = _answers(words), _answers(others)
    both = sorted(first.keys() & second.keys())
    table = _table(
        np.array([first[study] for study in both]), np.array([second[study] for study in both])
    )
    label, reader = _named(words)
    return Figures(label, reader, others[0].reader, None, len(first), table, agreement(table))


def _named(words: Sequence[Comparison]) -> tuple[str, str]:
    return words[0].label, words[0].reader


def _answers(words: Sequence[Comparison]) -> Mapping[str, bool]:
    """Return the reader's answer on each study, which stands in a row for each model."""
    return {each.study_uid: each.present for each in words}


def _table(rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Counts:
    (a, b), (c, d) = tables(kinds(columns, rows).sum(axis=1)[:, None])[0].astype(int).tolist()
    return (a, b), (c, d)


def _auroc(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> Estimate:
    """Estimate the AUROC by DeLong et al. 1988, the interval clipped to [0, 1]."""
    if min(present.sum(), (~present).sum()) < FEWEST:
        return Estimate(None, None, _FEW)
    areas, spread = covariance(scores[None], present)
    area, variance = float(areas[0]), float(spread[0, 0])
    if variance <= 0:
        return Estimate(area, None, _NO_SPREAD)
    half = NORMAL_QUANTILE * sqrt(variance)
    return Estimate(area, (max(0.0, area - half), min(1.0, area + half)))
