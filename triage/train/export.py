"""From a run's best epoch to the bundle that the daemon loads."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Model
from triage.domain.errors import ConfigurationError
from triage.domain.labels import HEADS, LABELS
from triage.domain.ranking import operating_point, threshold_above
from triage.infer.bundle import save_bundle
from triage.infer.card import Description, Input, Label, Training
from triage.infer.checkpoint import network_of, weights_of
from triage.infer.densenet import DenseNet
from triage.infer.gradcam import map_scale
from triage.train.films import Examples
from triage.train.labels import LabelledFilm
from triage.train.loop import Outcome, evaluate
from triage.train.recipe import Precision, Recipe
from triage.train.run import BEST, load_checkpoint
from triage.train.training import begin

SPECIFICITY = 0.80
HEAD_WEIGHTS = ("classifier.weight", "classifier.bias")
"""Their first rows are the labels', in order; what was learnt beside them is cut off."""
LICENCE = "Apache-2.0; the films' own terms are listed under training.sources"


@dataclass(frozen=True, slots=True)
class Title:
    """What a bundle is called."""

    name: str
    version: str


def export(
    run: Path, recipe: Recipe, *, films: Sequence[LabelledFilm], val: Examples, title: Title
) -> Model:
    """Write ``bundle/`` into a run folder from its best epoch.

    Thresholds and map scales are those of the weights as stored, rounded to half precision,
    computed in ``float32`` like the daemon does. A label without a positive film among the
    validation films has a threshold, but no sensitivity and no AUROC.

    Args:
        run: holds ``best.safetensors``.
        recipe: of the run.
        films: all that were trained and validated on; their sources go into the bundle.
        val: the validation films that thresholds are set on.
        title: of the bundle.

    Raises:
        ConfigurationError: the run has no finished epoch, a head lacks validation films of one
            kind, or a finding lacks any without it.
    """
    network, sentence = _best(run, recipe)
    outcome = evaluate(network, val, precision=Precision.FLOAT32, pixels=recipe.pixels)
    description = Description(
        name=title.name,
        version=title.version,
        architecture=recipe.architecture,
        licence=LICENCE,
        input=Input(size=recipe.pixels),
        training=_origin(films, val=val, sentence=sentence),
        labels=tuple(_label(label, outcome, n) for n, label in enumerate(recipe.labels)),
    )
    return save_bundle(run / "bundle", network, description=description)


def refuse_one_kind(films: Sequence[LabelledFilm], labels: Sequence[str]) -> None:
    """Raise what ``export`` would, after all epochs, of validation films of one kind.

    Raises:
        ConfigurationError: a head lacks validation films of one kind, or a finding lacks any
            without it.
    """
    judged = [film.targets for film in films if film.split == "val" and not film.normal]
    for name in labels:
        targets = [each[LABELS.index(name)] for each in judged]
        _refuse_one_kind(name, np.array([each > 0 for each in targets if each is not None], bool))


def _refuse_one_kind(name: str, present: NDArray[np.bool_]) -> None:
    if present.all() or (name in HEADS and not present.any()):
        raise ConfigurationError(
            f"{name}: {int(present.sum())} of {present.size} validation films have it;"
            " a threshold needs films of both kinds"
        )


def _best(run: Path, recipe: Recipe) -> tuple[DenseNet, str]:
    """Return the best epoch's network, rounded as a bundle holds it, and how it was trained."""
    training = begin(recipe)
    number = load_checkpoint(run / BEST, training)
    if not number:
        raise ConfigurationError(f"{run / BEST}: no such file; at least one epoch must end first")
    weights = weights_of(training.kept)
    for name in HEAD_WEIGHTS:
        weights[name] = weights[name][: len(recipe.labels)].contiguous()
    network = network_of(weights, recipe.architecture, labels=len(recipe.labels))
    return network, _sentence(recipe, number)


def _origin(films: Sequence[LabelledFilm], *, val: Examples, sentence: str) -> Training:
    sources = tuple(sorted({film.source for film in films}))
    trained = sum(film.split != "val" for film in films)
    return Training(recipe=sentence, films=trained, validation_films=len(val), sources=sources)


def _sentence(recipe: Recipe, epoch: int) -> str:
    """Say how the weights came about."""
    fields = {field: value for field, value in asdict(recipe).items() if field != "labels"}
    told = fields | {"predictions": recipe.predictions or "none", "start": recipe.start or "random"}
    words = ", ".join(f"{field} {value}" for field, value in told.items())
    return f"{words}; the weights of epoch {epoch}, the best on held films of training or the last"


def _label(name: str, outcome: Outcome, number: int) -> Label:
    logits, present = outcome.known(number)
    probabilities = _sigmoid(logits)
    scale = map_scale(outcome.peaks[:, number])
    _refuse_one_kind(name, present)
    if not present.any():
        threshold = threshold_above(probabilities, share=SPECIFICITY)
        return Label(name=name, flags=False, threshold=threshold, map_scale=scale)
    point = operating_point(probabilities, present, specificity=SPECIFICITY)
    return Label(
        name=name,
        flags=name in HEADS,
        threshold=point.threshold,
        sensitivity=point.sensitivity,
        specificity=point.specificity,
        auroc=point.auroc,
        positives=point.positives,
        negatives=point.negatives,
        map_scale=scale,
    )


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))
