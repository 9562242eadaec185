"""The golden input and output that prove a bundle computes here what it computed there."""

import torch
from torch import Tensor

from triage.domain.errors import ConfigurationError
from triage.infer.densenet import DenseNet
from triage.infer.gradcam import class_maps
from triage.infer.input import InputSpec, normalise

WHITE = 255.0


def pattern(size: int) -> Tensor:
    """Draw the golden input: rings and bars, no film of any person.

    Returns:
        ``uint8`` (size, size).
    """
    steps = torch.linspace(-1, 1, size)
    down, across = steps[:, None], steps[None, :]
    rings = torch.cos(9 * (down.square() + across.square()))
    bars = torch.sin(25 * across) * torch.cos(7 * down)
    return ((rings + bars + 2) / 4 * WHITE).round().to(torch.uint8)


def drawings(size: int) -> Tensor:
    """Draw eight pictures that are unlike each other, the golden input first.

    Returns:
        ``float32`` (8, size, size) within [0, 1].
    """
    golden = pattern(size).float() / WHITE
    noise = torch.rand(size, size, generator=torch.Generator().manual_seed(0))
    across = torch.linspace(0, 1, size).expand(size, size)
    others = (golden.T, 1 - golden, golden**4, 0.45 + golden / 10, noise, across, across.T.round())
    return torch.stack([golden, *others])


@torch.inference_mode()
def answers(network: DenseNet, square: Tensor, spec: InputSpec) -> dict[str, Tensor]:
    """Compute what a network says of the golden input.

    Args:
        network: in evaluation mode, ``float32``.
        square: ``uint8`` (size, size).
        spec: how the square is normalised.

    Returns:
        ``logits`` (1, labels) and ``maps`` (1, labels, h, w), in units of the logit.
    """
    logits, features = network.activations(normalise(square[None].float() / WHITE, spec))
    return {"logits": logits, "maps": class_maps(features, network.classifier.weight)}


def golden_of(network: DenseNet, spec: InputSpec) -> dict[str, Tensor]:
    """Return the golden input and output of a network, as they are stored."""
    square = pattern(spec.size)
    return {"input": square, **answers(network, square, spec)}


def refuse_difference(
    network: DenseNet, golden: dict[str, Tensor], *, spec: InputSpec, tolerance: float
) -> None:
    """Compute the golden output anew and compare.

    Raises:
        ConfigurationError: it is missing, has another shape, or differs by more than
            ``tolerance`` anywhere.
    """
    for name in {"input", "logits", "maps"} - golden.keys():
        raise ConfigurationError(f"golden: tensor {name} is missing")
    for name, found in answers(network, golden["input"], spec).items():
        if found.shape != golden[name].shape:
            shapes = f"{tuple(golden[name].shape)}: {tuple(found.shape)}"
            raise ConfigurationError(f"golden: shape of {name} {shapes}")
        difference = float((found - golden[name]).abs().max())
        # Written so that NaN is refused too.
        if not difference <= tolerance:
            raise ConfigurationError(
                f"golden {name} differ by {difference:.3g}: at most {tolerance:g};"
                " this machine does not compute what the bundle was tested with"
            )
