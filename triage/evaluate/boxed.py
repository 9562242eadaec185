"""What a bundle's heat maps found on assessed films with boxes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from triage.domain.errors import UnusableList
from triage.evaluate.bootstrap import draw
from triage.evaluate.films import Assessed
from triage.evaluate.inquiry import Boxed, Inquiry
from triage.evaluate.labels import Labels
from triage.evaluate.localisation import Located, MappedFilm, localisation, unanswered


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the maps found, and on what.

    Args:
        bundle: name, version and the beginning of the digest.
        labels, boxes: names of the files.
        films: (N,) that were assessed.
        patients: they belong to.
        patients_known: whether the labels name patients; else films were drawn.
        elsewhere: films with boxes that were not among the chosen ones.
        not_assessed: films with boxes that the daemon would not assess, by code.
        unanswered: films by the findings that the bundle has no map for.
        draws: of patients.
        seed: of the draws.
        located: by target.
    """

    bundle: str
    labels: tuple[str, ...]
    boxes: tuple[str, ...]
    films: tuple[MappedFilm, ...]
    patients: int
    patients_known: bool
    elsewhere: int
    not_assessed: Mapping[str, int]
    unanswered: Mapping[str, int]
    draws: int
    seed: int
    located: tuple[Located, ...]


def found_on(inquiry: Inquiry, boxed: Boxed, assessed: Assessed) -> Found:
    """Measure the maps of the films that were assessed.

    Raises:
        UnusableList: a film is not square, or the bundle has no map for any of the boxes.
    """
    labels = boxed.labels.among(frozenset(assessed.predictions.films))
    films = _mapped(labels, assessed)
    _, patients = np.unique(labels.patients, return_inverse=True)
    draws = draw(patients, count=inquiry.draws, seed=inquiry.seed)
    located, lacking = localisation(films, boxed.boxes, draws=draws), unanswered(films, boxed.boxes)
    if not located:
        counts = ", ".join(f"{label} {count}" for label, count in lacking.items())
        raise UnusableList(f"0 boxes have a map of {assessed.predictions.name}: {counts} films")
    return Found(
        bundle=assessed.predictions.name,
        labels=tuple(listing.path.name for listing in inquiry.lists),
        boxes=tuple(path.name for path in inquiry.boxes),
        films=films,
        patients=int(patients.max()) + 1,
        patients_known=labels.patients_known,
        elsewhere=boxed.boxes.elsewhere,
        not_assessed=assessed.not_assessed,
        unanswered=lacking,
        draws=inquiry.draws,
        seed=inquiry.seed,
        located=located,
    )


def _mapped(labels: Labels, assessed: Assessed) -> tuple[MappedFilm, ...]:
    """Put assessments beside what the labels deny; both are in the labels' order."""
    rows = zip(labels.films, assessed.shapes, assessed.assessments, strict=True)
    return tuple(
        MappedFilm(
            name, shape, assessment, frozenset(k for k, t in labels.truths.items() if t[n] == 0)
        )
        for n, (name, shape, assessment) in enumerate(rows)
    )
