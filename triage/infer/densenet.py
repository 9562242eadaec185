"""DenseNet (Huang et al. 2017) with a linear head after global average pooling.

Layers have torchvision's names, order and initialisation, so that its weights fit and a seed
gives the same network; a test holds the two against each other. To import torchvision itself
took 1.5 s of a process' start, for parts of it that no DenseNet needs.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Blocks:
    """The numbers that tell one DenseNet from another (Huang et al. 2017, table 1)."""

    growth_rate: int
    layers: tuple[int, ...]
    first_channels: int


ARCHITECTURES: dict[str, Blocks] = {
    "densenet121": Blocks(growth_rate=32, layers=(6, 12, 24, 16), first_channels=64),
    "densenet-tiny": Blocks(growth_rate=8, layers=(2, 2), first_channels=16),
}
"""What a bundle may name; ``densenet-tiny`` is a sibling for quick trials and tests."""


RGB = 3
"""The channels that published networks are made for."""

BOTTLENECK = 4
"""Channels between a dense layer's two convolutions, in growth rates (DenseNet-B)."""


class Activations(NamedTuple):
    """What one forward pass gives.

    Args:
        logits: (B, labels), before the sigmoid.
        features: (B, channels, h, w), after the final ReLU, never negative.
    """

    logits: Tensor
    features: Tensor


class DenseNet(nn.Module):
    """A randomly initialised DenseNet whose forward pass also returns its last features.

    Args:
        blocks: an entry of ``ARCHITECTURES``.
        labels: how many logits the head gives.
        channels: of the input, 1 or 3.
    """

    def __init__(self, blocks: Blocks, labels: int, channels: int = RGB) -> None:
        super().__init__()
        self.blocks = blocks
        self.features: nn.Module = nn.Sequential(OrderedDict(_layers(blocks)))
        self.classifier = nn.Linear(width(blocks), labels)
        self.apply(_initialise)
        if channels != RGB:
            self.features.conv0 = _stem(channels, blocks.first_channels)

    def forward(self, batch: Tensor) -> Activations:
        """Compute logits and the features that explain them.

        Args:
            batch: (B, channels, rows, columns), normalised.

        Returns:
            Logits (B, labels) and features (B, channels, h, w); h and w are the input's
            sides divided by the network's stride (32 for DenseNet-121).
        """
        return self.head(self.features(batch))

    def head(self, features: Tensor) -> Activations:
        """Compute logits from what ``self.features`` gives, (B, C, h, w) before the final ReLU."""
        kept = torch.relu(features)  # (B, C, h, w)
        pooled = kept.mean(dim=(2, 3))  # (B, C), global average pooling
        return Activations(logits=self.classifier(pooled), features=kept)

    def activations(self, batch: Tensor) -> Activations:
        """Call the network; the typed name of ``network(batch)``."""
        return cast("Activations", self(batch))


class DenseBlock(nn.Sequential):
    """Dense layers; each sees what came before the block and what all before it added."""

    def forward(self, features: Tensor) -> Tensor:
        """Compute (B, C + layers x growth rate, h, w) from (B, C, h, w)."""
        found = [features]
        for layer in self:
            found.append(layer(torch.cat(found, dim=1)))
        return torch.cat(found, dim=1)


def width(blocks: Blocks) -> int:
    """Count the channels of the last features.

    >>> width(ARCHITECTURES["densenet121"])
    1024
    """
    channels = blocks.first_channels
    for number, layers in enumerate(blocks.layers):
        channels = channels // 2 if number else channels
        channels += layers * blocks.growth_rate
    return channels


def _layers(blocks: Blocks) -> Iterator[tuple[str, nn.Module]]:
    """Yield everything before the final ReLU, by name (Huang et al. 2017, table 1)."""
    channels, growth = blocks.first_channels, blocks.growth_rate
    yield "conv0", _stem(RGB, channels)
    yield "norm0", nn.BatchNorm2d(channels)
    yield "relu0", nn.ReLU(inplace=True)
    yield "pool0", nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
    for block, count in enumerate(blocks.layers, start=1):
        if block > 1:
            yield f"transition{block - 1}", _transition(channels)
            channels //= 2
        grown = [channels + number * growth for number in range(count)]
        layers = ((f"denselayer{n}", _layer(c, growth)) for n, c in enumerate(grown, start=1))
        yield f"denseblock{block}", DenseBlock(OrderedDict(layers))
        channels += count * growth
    yield "norm5", nn.BatchNorm2d(channels)


def _stem(channels: int, out: int) -> nn.Conv2d:
    return nn.Conv2d(channels, out, kernel_size=7, stride=2, padding=3, bias=False)


def _layer(channels: int, growth: int) -> nn.Sequential:
    """Make one dense layer: what it adds has as many channels as the growth rate."""
    between = BOTTLENECK * growth
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            norm1=nn.BatchNorm2d(channels),
            relu1=nn.ReLU(inplace=True),
            conv1=nn.Conv2d(channels, between, kernel_size=1, bias=False),
            norm2=nn.BatchNorm2d(between),
            relu2=nn.ReLU(inplace=True),
            conv2=nn.Conv2d(between, growth, kernel_size=3, padding=1, bias=False),
        )
    )


def _transition(channels: int) -> nn.Sequential:
    """Halve channels, rows and columns between two blocks."""
    return nn.Sequential(
        OrderedDict[str, nn.Module](
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(inplace=True),
            conv=nn.Conv2d(channels, channels // 2, kernel_size=1, bias=False),
            pool=nn.AvgPool2d(kernel_size=2, stride=2),
        )
    )


def _initialise(layer: nn.Module) -> None:
    """Draw kernels as He et al. (2015) do; normalisation begins as the identity by itself."""
    # On "meta" there is nothing to draw, and to pretend loads torch's compiler: 1.3 s.
    if isinstance(layer, nn.Conv2d) and not layer.weight.is_meta:
        nn.init.kaiming_normal_(layer.weight)
    elif isinstance(layer, nn.Linear):
        nn.init.zeros_(layer.bias)
