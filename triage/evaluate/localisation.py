"""How well maps find what radiologists boxed, beside maps that know nothing of a film."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Assessment, HeatMap, Tier
from triage.domain.errors import UnusableList
from triage.domain.labels import answering
from triage.domain.marked_box import MarkedBox
from triage.evaluate.bootstrap import Draws, totals
from triage.evaluate.boxes import Boxes
from triage.evaluate.measures import Estimate, estimate
from triage.evaluate.overlap import GRID, MEASURES, Grid, covered, overlap
from triage.evaluate.targets import Target, targets
from triage.overlay.heat import project

MAP, WRONG, MEAN_BOX, CENTER = "map", "wrong class", "mean box", "centre"
CONTESTANTS = (MAP, WRONG, MEAN_BOX, CENTER)

Estimates = Mapping[str, Estimate]
"""By the names of ``MEASURES``."""


@dataclass(frozen=True, slots=True, eq=False)
class MappedFilm:
    """A film with what a bundle says of it.

    Args:
        name: as the labels write it.
        shape: rows and columns, as stored.
        assessment: with its maps.
        denied: labels that the label files answer with absent.
    """

    name: str
    shape: tuple[int, int]
    assessment: Assessment
    denied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """What was measured for one target.

    Args:
        target: boxes and map.
        films: (n,) which films, in their order.
        boxes: on these films.
        patients: of these films.
        silent: films whose map is all zero: no localisation, a miss in every measure.
        denied: films that were left out, since the label files say that the finding is absent.
        share: of the film that its boxes cover, on average.
        estimates: by ``CONTESTANTS``; the wrong class is missing where there is none.
        gains: the map minus each other contestant, within the same draws.
        reached: films whose probability reaches the label's threshold.
        estimates_reached: of the map on these.
        values: ``float64`` (n, contestants, measures), what the estimates are means of.
    """

    target: Target
    films: NDArray[np.intp]
    boxes: int
    patients: int
    silent: int
    denied: int
    share: float
    estimates: Mapping[str, Estimates]
    gains: Mapping[str, Estimates]
    reached: int
    estimates_reached: Estimates
    values: NDArray[np.float64]


def localisation(films: Sequence[MappedFilm], boxes: Boxes, *, draws: Draws) -> tuple[Located, ...]:
    """Hold every map that answers a box against the boxes.

    Args:
        films: square ones, as the boxes' originals are.
        boxes: of these films, and perhaps of others.
        draws: of the patients of ``films``.

    Raises:
        UnusableList: a film is not square.
    """
    for film in films:
        rows, columns = film.shape
        if abs(rows - columns) > 1:
            raise UnusableList(
                f"{film.name}: {rows} x {columns} pixels: a square, as the film was boxed on"
            )
    maps = [heat.label for heat in films[0].assessment.heat_maps] if films else []
    own = [boxes.by_film.get(film.name, ()) for film in films]
    asked = targets((box for found in own for box in found), maps)
    found = (_located(target, films, own, draws) for target in asked)
    return tuple(each for each in found if each.films.size)


def unanswered(films: Sequence[MappedFilm], boxes: Boxes) -> dict[str, int]:
    """Count the films with boxes of each finding for which the bundle has no map."""
    counts: dict[str, int] = {}
    for film in films:
        maps = [heat.label for heat in film.assessment.heat_maps]
        for label in sorted({box.label for box in boxes.by_film.get(film.name, ())}):
            if not answering(label, maps):
                counts[label] = counts.get(label, 0) + 1
    return counts


def boxes_of(boxes: Iterable[MarkedBox], target: Target) -> tuple[MarkedBox, ...]:
    """Return the boxes that belong to a target."""
    return tuple(b for b in boxes if (b.source, b.label) == (target.source, target.label))


def weights_of(film: MappedFilm, label: str) -> Grid:
    """Project a map to the grid over the film; without a map of that name there is no weight."""
    heat = film.assessment.heat_map(label)
    return np.zeros((GRID, GRID), np.float32) if heat is None else _projected(heat)


def _projected(heat: HeatMap) -> Grid:
    return project(heat, (GRID, GRID))


def _located(
    target: Target, films: Sequence[MappedFilm], own: Sequence[Iterable[MarkedBox]], draws: Draws
) -> Located:
    marked = {n: found for n, boxes in enumerate(own) if (found := boxes_of(boxes, target))}
    chosen = np.array([n for n in marked if target.label not in films[n].denied], dtype=np.intp)
    masks = np.array([covered(marked[n]) for n in chosen]).reshape(-1, GRID, GRID)
    means = _mean_boxes(masks, draws.patients[chosen])
    values = np.array(
        [
            _film_values(films[n], target, marked[n], mean)
            for n, mean in zip(chosen, means, strict=True)
        ]
    ).reshape(-1, len(CONTESTANTS), len(MEASURES))
    above = np.array([_reaches(films[n].assessment, target.shown) for n in chosen], dtype=bool)
    others = [c for c in CONTESTANTS if c != WRONG or target.wrong]
    at = CONTESTANTS.index
    return Located(
        target=target,
        films=chosen,
        boxes=sum(len(marked[n]) for n in chosen),
        patients=np.unique(draws.patients[chosen]).size,
        silent=sum(not weights_of(films[n], target.shown).any() for n in chosen),
        denied=len(marked) - chosen.size,
        share=float(masks.mean()) if chosen.size else 0.0,
        estimates={c: _means(values[:, at(c)], chosen, draws) for c in others},
        gains={c: _means(values[:, 0] - values[:, at(c)], chosen, draws) for c in others[1:]},
        reached=int(above.sum()),
        estimates_reached=_means(values[above, 0], chosen[above], draws),
        values=values,
    )


def _film_values(
    film: MappedFilm, target: Target, boxes: Sequence[MarkedBox], mean_box: Grid
) -> list[NDArray[np.float64]]:
    shown = weights_of(film, target.shown), weights_of(film, target.wrong)
    return [overlap(weights, boxes) for weights in (*shown, mean_box, _center())]


def _mean_boxes(masks: NDArray[np.bool_], patients: NDArray[np.intp]) -> Iterable[Grid]:
    """Count the boxes of all other patients at each place, for one film after the other."""
    total = masks.sum(axis=0, dtype=np.float32)
    for patient in patients:
        yield total - masks[patients == patient].sum(axis=0, dtype=np.float32)


def _center() -> Grid:
    """Fall from the film's centre to its sides; what reaches half is a disc of half its width."""
    steps = np.linspace(-1, 1, GRID)
    return np.asarray(np.maximum(0, 1 - np.hypot(steps[:, None], steps)), np.float32)


def _reaches(assessment: Assessment, label: str) -> bool:
    return any(f.label == label and f.tier is not Tier.BELOW for f in assessment.findings)


def _means(values: NDArray[np.float64], films: NDArray[np.intp], draws: Draws) -> Estimates:
    """Average values (n, measures) over films, with the intervals of drawing patients."""
    if not films.size:
        return {name: Estimate(None, None, "no film") for name in MEASURES}

    def _average(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore"):  # a draw may hold none of these patients
            return np.asarray(totals(values.T, weights) / weights.sum(axis=0), np.float64)

    drawn = draws.measure(_average, films=films)
    whole = values.mean(axis=0)
    return {
        name: estimate(float(value), each)
        for name, value, each in zip(MEASURES, whole, drawn, strict=True)
    }
