"""The training loop: one epoch, one evaluation; all randomness comes from seed and epoch."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from triage.domain.ranking import auroc
from triage.infer.densenet import DenseNet
from triage.infer.gradcam import class_maps
from triage.infer.input import InputSpec, normalise
from triage.train.augmentation import Draw, exposed, position, reduced
from triage.train.films import WHITE, Examples
from triage.train.marks import Marks, pointing_loss
from triage.train.recipe import Precision, Recipe
from triage.train.sampling import batches
from triage.train.training import Training


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

    def aurocs(self, *, least: int = 1) -> tuple[float, ...]:
        """Return the AUROC of each label; NaN where one kind has fewer than ``least`` films."""
        return tuple(self._auroc(label, least) for label in range(self.logits.shape[1]))

    def _auroc(self, label: int, least: int) -> float:
        logits, present = self.known(label)
        scarcer = min(int(present.sum()), int((~present).sum()))
        return auroc(logits, present) if scarcer >= least else math.nan


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
    training: Training,
    examples: Examples,
    *,
    recipe: Recipe,
    epoch: int,
    advance: Callable[[], None],
) -> float:
    """Train one pass and return the mean loss; ``advance`` is called once per step.

    Order, augmentation and learning rate depend on the recipe and on ``epoch`` alone, so that a
    resumed run sees what an uninterrupted one would have seen.
    """
    training.network.train()
    losses = []
    steps = -(-len(examples) // recipe.batch)
    for step, visit in enumerate(_visits(training, examples, recipe, epoch)):
        training.set_rate(recipe.rate_of((epoch - 1 + (step + 1) / steps) / recipe.epochs))
        with _autocast(training.device, recipe.precision):
            logits, features = training.network.activations(visit.batch)
        loss = masked_loss(logits.float(), visit.targets)
        if recipe.pointed:
            weight = training.network.classifier.weight
            loss = loss + recipe.pointed * pointing_loss(features.float(), weight, visit.marks)
        training.optimizer.zero_grad()
        torch.autograd.backward(loss)
        training.optimizer.step()
        training.average(recipe.averaged)
        losses.append(loss.item())
        advance()
    return math.fsum(losses) / len(losses)


@dataclass(frozen=True, slots=True, eq=False)
class _Visit:
    """One step's films, (B, channels, size, size), their targets and their marks."""

    batch: Tensor
    targets: Tensor
    marks: Marks


def _visits(training: Training, examples: Examples, recipe: Recipe, epoch: int) -> Iterator[_Visit]:
    generator = torch.Generator().manual_seed(recipe.seed * 100_003 + epoch)
    spec = InputSpec(size=recipe.pixels_of(epoch))
    for films in batches(examples, recipe, generator):
        draw = Draw(generator, len(films))
        lying = position(recipe.flipped, draw, distorted=recipe.distorted)
        squares = lying.laid(examples.squares[films].to(training.device).float() / WHITE)
        seen = exposed(squares, spec.size, draw) if recipe.distorted else squares
        marks = examples.marks.of(films)
        laid = lying.of(marks.films).laid(marks.squares.to(training.device).float())
        yield _Visit(
            normalise(reduced(seen, spec.size), spec),
            examples.targets[films].to(training.device),
            replace(marks, squares=laid),
        )


def _autocast(device: torch.device, precision: Precision) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=precision is Precision.BFLOAT16)


@torch.inference_mode()
def evaluate(
    network: DenseNet, examples: Examples, *, precision: Precision, pixels: int
) -> Outcome:
    """Ask a network about every example, in evaluation mode, without augmentation."""
    network.eval()
    spec, device = InputSpec(size=pixels), network.classifier.weight.device
    labels = examples.targets.shape[1]
    logits, peaks = [torch.zeros(0, labels)], [torch.zeros(0, labels)]
    for squares in torch.split(examples.squares, 32):
        seen = reduced(squares.to(device).float() / WHITE, pixels)
        with _autocast(device, precision):
            found = network.activations(normalise(seen, spec))
        logits.append(found.logits.float().cpu())
        maps = class_maps(found.features.float(), network.classifier.weight)
        peaks.append(maps.amax(dim=(2, 3)).cpu())
    return Outcome(
        torch.cat(logits).double().numpy(),
        examples.targets.double().numpy(),
        torch.cat(peaks).double().numpy(),
    )
