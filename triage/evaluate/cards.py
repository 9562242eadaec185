"""What a bundle's card says before calibration and after it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.scaling import Scaling
from triage.evaluate.films import open_route
from triage.evaluate.platt import Method
from triage.evaluate.recalibration import AT_THRESHOLD, Cut, Recalibration
from triage.infer.bundle import load_bundle
from triage.infer.card import Card, Description, Label, Line, Measured, Unseen, Urgent
from triage.infer.gradcam import map_scale
from triage.infer.predictor import Predictor
from triage.pipeline import Route
from triage.settings import Settings

BEYOND = 1e6
"""A scale of maps that no contribution to a logit reaches, so that nothing is clipped."""


def bare_route(settings: Settings, bundle: Path) -> Route:
    """Compose the daemon's route for a bundle without its lines; maps are in ``BEYOND``.

    Raises:
        ConfigurationError: the bundle or the screener is refused.
    """
    loaded = load_bundle(bundle)
    labels = tuple(
        label.model_copy(update={"scaling": None, "map_scale": BEYOND})
        for label in loaded.card.labels
    )
    bare = replace(loaded, card=loaded.card.model_copy(update={"labels": labels}))
    return replace(open_route(settings, bundle), assessor=Predictor(bare))


def line_of(label: Label) -> Scaling | None:
    """Return the line that a label has."""
    return label.scaling.scaling if label.scaling else None


def labels_named(card: Card, names: Sequence[str]) -> tuple[Label, ...]:
    """Return the labels of those names, or all, in the card's order.

    Raises:
        UnusableList: the bundle has no label of that name.
    """
    known = {label.name: label for label in card.labels}
    for name in names:
        if name not in known:
            raise UnusableList(f"label {name}: one of {', '.join(known)}")
    return tuple(label for label in card.labels if not names or label.name in names)


def flagging(label: Label, flags: Sequence[str], *, urgent: bool) -> Label:
    """Let a label flag if it is among ``flags``.

    Raises:
        UnusableList: an urgent threshold is wished for, and the label does not flag.
    """
    flagging = label.flags or label.name in flags
    if urgent and not flagging:
        raise UnusableList(f"urgent threshold of {label.name}: only for a label that flags")
    return label.model_copy(update={"flags": flagging})


def calibrated(
    card: Card,
    labels: Sequence[Label],
    found: Sequence[Recalibration],
    *,
    version: str,
    peaks: Mapping[str, NDArray[np.float64]],
) -> Description:
    """Describe the new bundle; labels that were not calibrated stay as they are.

    What was proven of a shorter precision is left out: it holds for decisions at other thresholds.

    Args:
        card: of the old one.
        labels: those that were calibrated.
        found: one for each of them.
        version: of the new one.
        peaks: by label, the films' largest weights, in units of ``BEYOND``.
    """
    new = {
        label.name: _label(label, each, scale=map_scale(peaks[label.name] * BEYOND))
        for label, each in zip(labels, found, strict=True)
    }
    described = {name: getattr(card, name) for name in Description.model_fields}
    kept = tuple(new.get(label.name, label) for label in card.labels)
    changed = {"version": version, "labels": kept, "proofs": None}
    return Description(**{**described, **changed})


def _label(label: Label, found: Recalibration, *, scale: float | None) -> Label:
    flagged, *second = found.cuts
    values = {
        "threshold": flagged.threshold,
        "sensitivity": flagged.seen["sensitivity"].value,
        "specificity": flagged.seen["specificity"].value,
        "auroc": found.before.estimates["auroc"].value,
        "positives": found.before.positives,
        "negatives": found.before.films - found.before.positives,
        "map_scale": scale,
        "scaling": _line(label, found),
        "measured": _measured(flagged, found),
        "urgent": _urgent(second[0], found) if second else None,
    }
    return Label(**{**dict(label), **values})


def _line(label: Label, found: Recalibration) -> Line | None:
    if found.method is Method.NONE or found.scaling is None:
        return label.scaling
    method: Literal["temperature", "platt"]
    method = "platt" if found.method is Method.PLATT else "temperature"
    return Line(method=method, slope=found.scaling.slope, intercept=found.scaling.intercept)


def _urgent(cut: Cut, found: Recalibration) -> Urgent:
    return Urgent(
        threshold=cut.threshold,
        sensitivity=cut.seen["sensitivity"].value,
        specificity=cut.seen["specificity"].value,
        measured=_measured(cut, found),
    )


def _measured(cut: Cut, found: Recalibration) -> Measured:
    return Measured(
        wish=str(cut.wish),
        patients=found.before.patients,
        reached=cut.seen["flag_rate"].value,
        **{name: cut.seen[name].interval for name in AT_THRESHOLD},
        unseen=Unseen(**{name: cut.unseen[name].value for name in AT_THRESHOLD}),
    )
