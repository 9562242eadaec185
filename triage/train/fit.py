"""Train a network over its epochs, with a checkpoint after each."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from triage.train.films import Examples
from triage.train.loop import evaluate, train_epoch
from triage.train.recipe import Recipe
from triage.train.run import (
    BEST,
    LAST,
    Epoch,
    append_epoch,
    claim_folder,
    load_checkpoint,
    read_log,
    save_checkpoint,
)
from triage.train.training import Start, Training, begin

FEWEST = 5
"""Held films of either kind from which a label's AUROC is worth a point of the curve."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Who is told how training goes: after each step, and after each epoch."""

    step: Callable[[], None]
    epoch: Callable[[Epoch], None]


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a network is trained on.

    Args:
        train: what the weights are fitted to.
        held: films of other patients, by which the epochs are compared; may be none.
        val: films that the bundle's thresholds are set by, which no epoch sees; may be none.
    """

    train: Examples
    held: Examples
    val: Examples

    def digests(self) -> dict[str, str]:
        """Return the digest of the films of each kind."""
        kinds = {"train": self.train, "held": self.held, "val": self.val}
        return {kind: examples.digest() for kind, examples in kinds.items()}


def fit(
    folder: Path,
    recipe: Recipe,
    material: Material,
    *,
    progress: Progress,
    resume: bool = False,
    start: Start | None = None,
) -> list[Epoch]:
    """Train in a run folder and return its log.

    Args:
        folder: the run folder; made if absent.
        recipe: how to train.
        material: what on.
        progress: who is told.
        resume: go on after the last checkpoint, if there is one.
        start: whose weights to begin with; random if absent.

    Raises:
        ConfigurationError: the folder holds a run of another recipe or of other films.
    """
    training = begin(recipe, start)
    claim_folder(folder, recipe, films=material.digests(), resume=resume)
    done = load_checkpoint(folder / LAST, training)
    log = read_log(folder, epochs=done)
    for number in range(done + 1, recipe.epochs + 1):
        epoch = _one(training, recipe, number, material=material, progress=progress)
        full = [earlier.score for earlier in log if earlier.pixels == recipe.pixels]
        if epoch.pixels == recipe.pixels and not epoch.score < max(full, default=0.0):
            save_checkpoint(folder / BEST, training, epoch=number)
        log.append(epoch)
        append_epoch(folder, epoch)
        save_checkpoint(folder / LAST, training, epoch=number)
        progress.epoch(epoch)
    return log


def _one(
    training: Training, recipe: Recipe, number: int, *, material: Material, progress: Progress
) -> Epoch:
    begun = time.monotonic()
    loss = train_epoch(training, material.train, recipe=recipe, epoch=number, advance=progress.step)
    pixels = recipe.pixels_of(number)
    outcome = evaluate(training.kept, material.held, precision=recipe.precision, pixels=pixels)
    aurocs = dict(zip(recipe.labels, outcome.aurocs(least=FEWEST), strict=False))
    return Epoch(number, pixels, loss, aurocs, round(time.monotonic() - begun, 1))
