"""The training loop: one epoch, one evaluation; all randomness comes from seed and epoch."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim import SGD

from triage.domain.ranking import auroc
from triage.infer.densenet import DenseNet
from triage.infer.gradcam import class_maps
from triage.infer.input import InputSpec, normalise
from triage.train.films import WHITE, Examples

FLIPPED = 0.5
"""The share of training films that are mirrored, left to right, in each epoch."""


class Precision(StrEnum):
    """The numbers that convolutions are computed in; weights are always ``float32``."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; the defaults are the source article's recipe.

    Args:
        architecture: a name in ``triage.infer.densenet.ARCHITECTURES``.
        pixels: side of the square input.
        batch: films per step.
        learning_rate: of stochastic gradient descent, constant.
        momentum: of stochastic gradient descent.
        epochs: passes over the training films.
        seed: of weights, order and flips.
        precision: of the convolutions.
    """

    architecture: str = "densenet121"
    pixels: int = 224
    batch: int = 16
    learning_rate: float = 0.001
    momentum: float = 0.9
    epochs: int = 20
    seed: int = 0
    precision: Precision = Precision.BFLOAT16


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a network says of examples.

    Args:
        logits: ``float64`` (N, labels).
        targets: ``float64`` (N, labels), NaN is unknown.
        peaks: ``float64`` (N, labels), each map's maximum, in units of the logit.
    """

    logits: NDArray[np.float64]
    targets: NDArray[np.float64]
    peaks: NDArray[np.float64]

    def known(self, label: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the logits of one label, and whether it is present, where that is known."""
        known = ~np.isnan(self.targets[:, label])
        return self.logits[known, label], self.targets[known, label] > 0

    def aurocs(self) -> tuple[float, ...]:
        """Return the AUROC of each label; NaN where one kind is absent."""
        return tuple(auroc(*self.known(label)) for label in range(self.logits.shape[1]))


def masked_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Compute binary cross-entropy over the known targets.

    Args:
        logits: (B, labels).
        targets: (B, labels), NaN is unknown and has no say.

    Returns:
        A scalar; 0 where nothing is known.
    """
    known = ~targets.isnan()
    if not known.any():
        return logits.sum() * 0
    return functional.binary_cross_entropy_with_logits(logits[known], targets[known])


def train_epoch(
    network: DenseNet,
    optimizer: SGD,
    examples: Examples,
    *,
    recipe: Recipe,
    epoch: int,
    advance: Callable[[], None],
) -> float:
    """Train one pass and return the mean loss; ``advance`` is called once per step.

    Order and flips depend on the recipe's seed and on ``epoch`` alone, so that a resumed run
    sees what an uninterrupted one would have seen.
    """
    network.train()
    losses = []
    for batch, targets in _batches(examples, recipe, epoch):
        with _autocast(recipe.precision):
            logits = network.activations(batch).logits
        loss = masked_loss(logits.float(), targets)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
        advance()
    return math.fsum(losses) / len(losses)


def _batches(examples: Examples, recipe: Recipe, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(recipe.seed * 100_003 + epoch)
    order = torch.randperm(len(examples), generator=generator)
    for rows in torch.split(order, recipe.batch):
        squares = examples.squares[rows].float() / WHITE  # (B, size, size)
        flips = torch.rand(len(rows), generator=generator) < FLIPPED
        squares = torch.where(flips[:, None, None], squares.flip(2), squares)
        yield normalise(squares, InputSpec(size=recipe.pixels)), examples.targets[rows]


def _autocast(precision: Precision) -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16, enabled=precision is Precision.BFLOAT16)


@torch.inference_mode()
def evaluate(network: DenseNet, examples: Examples, *, precision: Precision) -> Outcome:
    """Ask the network about every example, in evaluation mode, without flips."""
    network.eval()
    spec = InputSpec(size=examples.squares.shape[1])
    logits, peaks = [], []
    for squares in torch.split(examples.squares, 32):
        with _autocast(precision):
            found = network.activations(normalise(squares.float() / WHITE, spec))
        logits.append(found.logits.double())
        maps = class_maps(found.features.float(), network.classifier.weight)
        peaks.append(maps.amax(dim=(2, 3)).double())
    return Outcome(
        torch.cat(logits).numpy(), examples.targets.double().numpy(), torch.cat(peaks).numpy()
    )
