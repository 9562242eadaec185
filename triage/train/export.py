"""From a run's best epoch to the bundle that the daemon loads."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from triage.domain.assessment import Model
from triage.domain.errors import ConfigurationError
from triage.domain.labels import HEADS
from triage.domain.ranking import operating_point
from triage.infer.bundle import save_bundle
from triage.infer.card import Description, Input, Label, Training
from triage.infer.checkpoint import network_of, weights_of
from triage.infer.densenet import DenseNet
from triage.infer.gradcam import map_scale
from triage.train.films import Examples
from triage.train.labels import LabelledFilm
from triage.train.loop import Outcome, Precision, Recipe, evaluate
from triage.train.run import BEST, begin, load_checkpoint

SPECIFICITY = 0.80
LICENCE = "Apache-2.0; the films' own terms are listed under training.sources"


def export(
    run: Path,
    recipe: Recipe,
    *,
    films: Sequence[LabelledFilm],
    val: Examples,
    name: str,
    version: str,
) -> Model:
    """Write ``bundle/`` into a run folder from its best epoch.

    Thresholds and map scales are those of the weights as stored, rounded to half precision,
    computed in ``float32`` like the daemon does.

    Args:
        run: holds ``best.safetensors``.
        recipe: of the run.
        films: all that were trained and validated on; their sources go into the bundle.
        val: the validation films among them.
        name: of the bundle.
        version: of the bundle.

    Raises:
        ConfigurationError: the run has no finished epoch, or a head lacks validation films of
            one kind.
    """
    network, sentence = _best(run, recipe)
    outcome = evaluate(network, val, precision=Precision.FLOAT32)
    description = Description(
        name=name,
        version=version,
        architecture=recipe.architecture,
        licence=LICENCE,
        input=Input(size=recipe.pixels),
        training=_training(films, val=val, sentence=sentence),
        labels=tuple(_label(head, outcome, number) for number, head in enumerate(HEADS)),
    )
    return save_bundle(run / "bundle", network, description=description)


def _best(run: Path, recipe: Recipe) -> tuple[DenseNet, str]:
    """Return the best epoch's network, rounded as a bundle holds it, and how it was trained."""
    training = begin(recipe, len(HEADS))
    epoch = load_checkpoint(run / BEST, training)
    if not epoch:
        raise ConfigurationError(f"{run / BEST}: no such file; at least one epoch must end first")
    weights = weights_of(training.network)
    network = network_of(weights, recipe.architecture, labels=len(HEADS))
    return network, _sentence(recipe, epoch)


def _training(films: Sequence[LabelledFilm], *, val: Examples, sentence: str) -> Training:
    sources = tuple(sorted({film.source for film in films}))
    trained = len(films) - len(val)
    return Training(recipe=sentence, films=trained, validation_films=len(val), sources=sources)


def _sentence(recipe: Recipe, epoch: int) -> str:
    return (
        f"random initialisation, {recipe.pixels} px, horizontal flip, SGD with learning rate"
        f" {recipe.learning_rate} and momentum {recipe.momentum}, batch {recipe.batch},"
        f" {recipe.precision} convolutions, seed {recipe.seed}, epoch {epoch} of {recipe.epochs}"
        " (best mean validation AUROC)"
    )


def _label(head: str, outcome: Outcome, number: int) -> Label:
    logits, present = outcome.known(number)
    if present.all() or not present.any():
        raise ConfigurationError(
            f"{head}: {int(present.sum())} of {present.size} validation films have it;"
            " a threshold needs films of both kinds"
        )
    point = operating_point(_sigmoid(logits), present, specificity=SPECIFICITY)
    return Label(
        name=head,
        flags=True,
        threshold=point.threshold,
        sensitivity=point.sensitivity,
        specificity=point.specificity,
        auroc=point.auroc,
        positives=point.positives,
        negatives=point.negatives,
        map_scale=map_scale(outcome.peaks[:, number]),
    )


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))
