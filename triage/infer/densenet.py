"""DenseNet (Huang et al. 2017) with a linear head after global average pooling."""

from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torchvision.models import DenseNet as TorchvisionDenseNet


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
"""The channels that torchvision's network is made for."""


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
        whole = TorchvisionDenseNet(
            growth_rate=blocks.growth_rate,
            block_config=blocks.layers,
            num_init_features=blocks.first_channels,
            num_classes=labels,
        )
        if channels != RGB:
            whole.features.conv0 = _first_convolution(channels, blocks.first_channels)
        self.features: nn.Module = whole.features
        self.classifier: nn.Linear = whole.classifier

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


def _first_convolution(channels: int, out: int) -> nn.Conv2d:
    """Make the stem (Huang et al. 2017, table 1) for another number of input channels."""
    return nn.Conv2d(channels, out, kernel_size=7, stride=2, padding=3, bias=False)
