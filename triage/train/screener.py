"""Train the screener's network on frontal films, distorted ones, and drawn pictures.

The pictures of real negatives are never seen here: what is no frontal chest film is made from
frontal films (``distortion``) or drawn from nothing (``drawing``).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from triage.infer.likeness import CLASSES, SIZE, LikenessNetwork, measure, standardised, thumbnails
from triage.train.distortion import DISTORTIONS, Square, chance, exposed, varied
from triage.train.drawing import DRAWINGS
from triage.train.films import WHITE

INVERTED, OTHER = CLASSES.index("inverted"), CLASSES.index("other")
_SHARES = (0.34, 0.05, 0.05, 0.05, 0.12, 0.39)
_RIDGE = 1e-2


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the screener is trained.

    Args:
        steps: of stochastic gradient descent.
        batch: pictures per step.
        learning_rate: its highest value, reached after a tenth of the steps.
        components: of the thumbnails' principal components.
        seed: of weights and pictures.
    """

    steps: int = 5000
    batch: int = 64
    learning_rate: float = 2e-3
    components: int = 64
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What pictures are made of; all are letter-boxed.

    Args:
        films: ``uint8`` (N, 64, 64), upright frontal films.
        accepted: ``float32`` (M, 64, 64), drawn pictures that must pass; may be none.
        refused: ``float32`` (K, 64, 64), drawn pictures that must not; may be none.
        left_out: kinds of distortions and drawings that are not used.
    """

    films: NDArray[np.uint8]
    accepted: Square
    refused: Square
    left_out: Collection[str] = ()

    def frontal(self, random: Generator) -> Square:
        """Take an upright frontal film, drawn ones once in thirty."""
        if len(self.accepted) and chance(random, 1 / 30):
            return np.asarray(self.accepted[int(random.integers(len(self.accepted)))])
        return _light(self.films[int(random.integers(len(self.films)))])

    def other(self, random: Generator) -> Square:
        """Make a picture that is no frontal chest film."""
        if len(self.refused) and chance(random, 1 / 30):
            return exposed(self.refused[int(random.integers(len(self.refused)))], random)
        distorted = [kind for kind in DISTORTIONS if kind not in self.left_out]
        drawn = [kind for kind in DRAWINGS if kind not in self.left_out]
        if chance(random, 0.5):
            made = DISTORTIONS[str(random.choice(distorted))](self.frontal(random), random)
        else:
            made = DRAWINGS[str(random.choice(drawn))](SIZE, random)
        shown = exposed(made, random)
        shown = 1 - shown if chance(random, 0.25) else shown
        return np.rot90(shown, int(random.integers(4))) if chance(random, 0.3) else shown


def example(material: Material, kind: int, random: Generator) -> Square:
    """Make one picture of a class; ``kind`` counts in ``CLASSES``.

    Returns:
        ``float32`` (64, 64) within [0, 1].
    """
    if kind == OTHER:
        return material.other(random)
    upright = varied(material.frontal(random), random)
    if kind == INVERTED:
        return np.rot90(1 - upright, int(random.choice([0, 0, 0, 1, 2, 3])))
    return np.rot90(upright, kind)


def train(
    material: Material, recipe: Recipe, *, tell: Callable[[int, float], None]
) -> LikenessNetwork:
    """Train the network and fit the statistics of frontal films.

    Args:
        material: the pictures.
        recipe: how to train.
        tell: called with the step and its loss.

    Returns:
        The network, in evaluation mode.
    """
    torch.manual_seed(recipe.seed)
    random = np.random.default_rng(recipe.seed)
    network = LikenessNetwork(recipe.components).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=0.05)
    plan = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=recipe.steps, pct_start=0.1
    )
    for step in range(recipe.steps):
        kinds = random.choice(len(CLASSES), recipe.batch, p=_SHARES)
        squares = _stack([example(material, int(kind), random) for kind in kinds])
        logits, _ = network.answer(standardised(squares))
        loss = functional.cross_entropy(logits, torch.from_numpy(kinds), label_smoothing=0.01)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        plan.step()
        tell(step, loss.item())
    return fit_statistics(network.eval(), material, random)


@torch.inference_mode()
def fit_statistics(
    network: LikenessNetwork, material: Material, random: Generator
) -> LikenessNetwork:
    """Set the buffers from every film as it is and once varied, and from what is drawn."""
    plain = _light(material.films)
    again = [varied(square, random) for square in plain]
    squares = standardised(_stack([*plain, *again, *material.accepted]))
    features = torch.cat([network.answer(part)[1] for part in torch.split(squares, 256)])
    network.center.copy_(features.mean(0))
    network.whitening.copy_(_whitening(features - features.mean(0)))
    small = torch.cat([thumbnails(part) for part in torch.split(squares, 256)])
    network.mean.copy_(small.mean(0))
    values, vectors = torch.linalg.eigh((small - network.mean).T.cov())
    network.components.copy_(
        vectors[:, values.argsort(descending=True)[: len(network.components)]].T
    )
    return network


def _whitening(features: Tensor) -> Tensor:
    """Return the inverse square root of the covariance, kept from exploding."""
    values, vectors = torch.linalg.eigh(features.T.cov())
    whitening: Tensor = vectors / (values + _RIDGE * values.mean()).sqrt()
    return whitening


def measured(network: LikenessNetwork, squares: Square) -> Square:
    """Measure many squares; (N, 5) in the order of the fields of ``Likeness``."""
    parts = torch.split(torch.from_numpy(squares), 256)
    return np.asarray(torch.cat([measure(network, part) for part in parts]).numpy())


def _light(values: NDArray[np.uint8]) -> Square:
    return np.asarray(values / np.float32(WHITE), dtype=np.float32)


def _stack(squares: list[Square]) -> Tensor:
    return torch.from_numpy(np.stack(squares).astype(np.float32))
