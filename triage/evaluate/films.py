"""Predictions for labelled films, by the route that the daemon takes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Assessment, Model, RefusalCode
from triage.domain.errors import UnassessableFilm, UnusableList
from triage.evaluate.labels import Labels
from triage.evaluate.measures import Threshold
from triage.evaluate.predictions import Predictions, with_heads
from triage.infer.bundle import CARD, read_model, shipped_bundle
from triage.infer.card import read_card
from triage.pipeline import Route, build_route
from triage.settings import Settings

_Seen = tuple[Assessment, tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Assessed:
    """What a bundle says of a folder of films.

    Args:
        predictions: of the films that were assessed.
        not_assessed: how many films were refused, by code.
        peaks: by the bundle's labels, ``float64`` (N,) the largest weight of each film's map.
        assessments: (N,) everything that was said of each film.
        shapes: (N,) rows and columns of each film as stored.
    """

    predictions: Predictions
    not_assessed: dict[str, int]
    peaks: dict[str, NDArray[np.float64]]
    assessments: tuple[Assessment, ...]
    shapes: tuple[tuple[int, int], ...]


def bundle_thresholds(folder: Path | None) -> dict[str, Threshold]:
    """Return the thresholds of a bundle, or of the shipped one, by label.

    Each names the weights that it belongs to; that the bundle holds these very ones is checked.

    Raises:
        ConfigurationError: there is no bundle, or a file is not the one that it records.
    """
    bundle = folder or shipped_bundle()
    model, card = read_model(bundle), read_card(bundle / CARD)
    origin = f"of the bundle {named(model)}, of weights with SHA-256 {card.files.weights}"
    return {label.name: Threshold(label.threshold, origin) for label in card.labels}


def named(model: Model) -> str:
    """Return what reports call a bundle: name, version, and its digest's first twelve figures."""
    return f"{model.name} {model.version} ({model.digest[:12]})"


def open_route(settings: Settings, bundle: Path | None) -> Route:
    """Compose the daemon's route; ``bundle`` goes before that of the settings.

    Raises:
        ConfigurationError: the bundle or the screener is refused.
    """
    if bundle is None:
        return build_route(settings)
    model = settings.model.model_copy(update={"bundle": bundle})
    return build_route(settings.model_copy(update={"model": model}))


def assess_films(route: Route, labels: Labels, paths: Iterable[Path]) -> Assessed:
    """Ask a route about every labelled film.

    Pictures have no header: their age is that of the labels, and the route's limit holds for it.

    Args:
        route: with the bundle to be evaluated.
        labels: of the films.
        paths: one file per film, in the order of the labels.

    Raises:
        UnusableList: no film could be assessed.
    """
    found: dict[str, _Seen] = {}
    refused: Counter[str] = Counter()
    for film, path, years in zip(labels.films, paths, labels.years, strict=True):
        code = _under_age(years, route) or _assess(route, path, found, film)
        refused.update([code] if code else [])
    if not found:
        counts = ", ".join(f"{code} {count}" for code, count in sorted(refused.items()))
        raise UnusableList(f"0 of {len(labels.films)} films could be assessed: {counts}")
    return _assessed(found, dict(refused))


def _under_age(years: float, route: Route) -> RefusalCode | None:
    return RefusalCode.UNDER_AGE if years < route.minimum_age_years else None


def _assess(route: Route, path: Path, found: dict[str, _Seen], film: str) -> RefusalCode | None:
    """Put the assessment of a film into ``found``, or return why there is none."""
    try:
        assessed = route.assess(path)
        found[film] = assessed.assessment, assessed.film.shape
    except UnassessableFilm as error:
        return error.refusal.code
    return None


def _assessed(found: dict[str, _Seen], refused: dict[str, int]) -> Assessed:
    assessments, shapes = zip(*found.values(), strict=True)
    first = assessments[0]
    rows = [[finding.probability for finding in each.findings] for each in assessments]
    columns = zip((finding.label for finding in first.findings), np.array(rows).T, strict=True)
    heats = [[heat.weights.max() for heat in each.heat_maps] for each in assessments]
    peaks = zip((heat.label for heat in first.heat_maps), np.array(heats, float).T, strict=True)
    predictions = Predictions(named(first.model), tuple(found), with_heads(dict(columns)))
    return Assessed(predictions, refused, dict(peaks), assessments, shapes)
