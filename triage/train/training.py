"""What changes while a network is trained: weights, their running average, the optimiser."""

import copy
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW
from torch.optim.optimizer import Optimizer as TorchOptimizer

from triage.domain.errors import ConfigurationError
from triage.infer.bundle import Bundle
from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.infer.input import IMAGENET_DEVIATION, IMAGENET_MEAN
from triage.train.recipe import Optimizer, Recipe

BETAS = (0.9, 0.99)
NETWORK = "network."
KEPT = "kept."
OPTIMIZER = "optimizer."


@dataclass(slots=True, eq=False)
class Training:
    """A network on its way.

    Args:
        network: what the optimiser changes.
        kept: what is evaluated and kept: the running average, or the network itself.
        optimizer: of ``network``.
        steps: taken so far.
    """

    network: DenseNet
    kept: DenseNet
    optimizer: TorchOptimizer
    steps: int = 0

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.network.classifier.weight.device

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of the next step."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    @torch.no_grad()
    def average(self, decay: float) -> None:
        """Move the running average by one step; a young average follows faster."""
        self.steps += 1
        if self.kept is self.network:
            return
        share = 1 - min(decay, self.steps / (self.steps + 9))
        news = self.network.state_dict()
        for name, value in self.kept.state_dict().items():
            if value.is_floating_point():
                value.lerp_(news[name], share)
            else:
                value.copy_(news[name])

    def tensors(self) -> dict[str, Tensor]:
        """Return everything that a later process needs to go on, by name."""
        state = {NETWORK + name: t for name, t in self.network.state_dict().items()}
        if self.kept is not self.network:
            state |= {KEPT + name: t for name, t in self.kept.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for kind, value in self.optimizer.state[parameter].items():
                state[f"{OPTIMIZER}{kind}.{name}"] = value
        return {name: value.detach().cpu().contiguous() for name, value in state.items()}

    def restore(self, tensors: dict[str, Tensor], *, steps: int) -> None:
        """Take over what ``tensors`` returned after so many steps."""
        self.steps = steps
        self.network.load_state_dict(_part(tensors, NETWORK))
        if self.kept is not self.network:
            self.kept.load_state_dict(_part(tensors, KEPT))
        named = dict(self.network.named_parameters())
        for name, value in _part(tensors, OPTIMIZER).items():
            kind, _, parameter = name.partition(".")
            held = value if kind == "step" else value.to(self.device)
            self.optimizer.state[named[parameter]][kind] = held


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Weights to begin with.

    Args:
        network: of the recipe's architecture.
        outputs: the names of its outputs, in order.
    """

    network: DenseNet
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, bundle: Bundle, recipe: Recipe) -> Self:
        """Begin with a bundle.

        Raises:
            ConfigurationError: it has another architecture or another normalisation.
        """
        card = bundle.card
        if card.architecture != recipe.architecture:
            raise ConfigurationError(
                f"architecture of {bundle.model.name} {card.architecture}: {recipe.architecture}"
            )
        if (card.input.spec.mean, card.input.spec.deviation) != (IMAGENET_MEAN, IMAGENET_DEVIATION):
            raise ConfigurationError(
                f"input mean of {bundle.model.name} {card.input.spec.mean}: {IMAGENET_MEAN},"
                " as films are seen here"
            )
        return cls(bundle.network, card.outputs)


def begin(recipe: Recipe, start: Start | None = None) -> Training:
    """Make a network and its optimiser, on a GPU if there is one; both follow from the recipe.

    Args:
        recipe: how to train.
        start: whose weights to begin with, and with them the outputs of the same names; else
            they are random.
    """
    torch.manual_seed(recipe.seed)
    network = DenseNet(ARCHITECTURES[recipe.architecture], recipe.outputs)
    if start is not None:
        _take_over(network, recipe, start)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device).to(memory_format=torch.channels_last)
    kept = copy.deepcopy(network) if recipe.averaged else network
    return Training(network, kept, _optimizer(network, recipe))


def _take_over(network: DenseNet, recipe: Recipe, start: Start) -> None:
    network.features.load_state_dict(start.network.features.state_dict())
    with torch.no_grad():
        for row, label in enumerate(recipe.labels):
            if label in start.outputs:
                place = start.outputs.index(label)
                network.classifier.weight[row] = start.network.classifier.weight[place]
                network.classifier.bias[row] = start.network.classifier.bias[place]


def _optimizer(network: nn.Module, recipe: Recipe) -> TorchOptimizer:
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": recipe.decay},
        {"params": others, "weight_decay": 0.0},
    ]
    if recipe.optimizer is Optimizer.ADAMW:
        return AdamW(groups, lr=recipe.learning_rate, betas=BETAS)
    return SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum)


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
