"""Train a network over its epochs, with a checkpoint after each."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from triage.domain.labels import HEADS
from triage.train.films import Examples
from triage.train.loop import Recipe, evaluate, train_epoch
from triage.train.run import (
    BEST,
    LAST,
    Epoch,
    Training,
    append_epoch,
    begin,
    claim_folder,
    load_checkpoint,
    read_log,
    save_checkpoint,
)


@dataclass(frozen=True, slots=True)
class Progress:
    """Who is told how training goes: after each step, and after each epoch."""

    step: Callable[[], None]
    epoch: Callable[[Epoch], None]


def fit(
    folder: Path,
    recipe: Recipe,
    *,
    train: Examples,
    val: Examples,
    progress: Progress,
    resume: bool = False,
) -> list[Epoch]:
    """Train in a run folder and return its log.

    Args:
        folder: the run folder; made if absent.
        recipe: how to train.
        train: what the weights are fitted to.
        val: what the best epoch is chosen by.
        progress: who is told.
        resume: go on after the last checkpoint, if there is one.

    Raises:
        ConfigurationError: the folder holds another run.
    """
    claim_folder(folder, recipe, resume=resume)
    training = begin(recipe, len(HEADS))
    done = load_checkpoint(folder / LAST, training)
    log = read_log(folder, epochs=done)
    for number in range(done + 1, recipe.epochs + 1):
        epoch = _one(training, recipe, number, train=train, val=val, progress=progress)
        if epoch.score >= max((earlier.score for earlier in log), default=0.0):
            save_checkpoint(folder / BEST, training, epoch=number)
        log.append(epoch)
        append_epoch(folder, epoch)
        save_checkpoint(folder / LAST, training, epoch=number)
        progress.epoch(epoch)
    return log


def _one(
    training: Training,
    recipe: Recipe,
    number: int,
    *,
    train: Examples,
    val: Examples,
    progress: Progress,
) -> Epoch:
    begun = time.monotonic()
    loss = train_epoch(
        training.network,
        training.optimizer,
        train,
        recipe=recipe,
        epoch=number,
        advance=progress.step,
    )
    aurocs = evaluate(training.network, val, precision=recipe.precision).aurocs()
    seconds = round(time.monotonic() - begun, 1)
    return Epoch(number, loss, dict(zip(HEADS, aurocs, strict=True)), seconds)
