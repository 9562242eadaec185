"""A small network and two distances that tell frontal chest films from everything else."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE = 64
FEATURES = 64
THUMBNAIL = 32
CLASSES = ("upright", "turned 90", "turned 180", "turned 270", "inverted", "other")
_FLAT = 1e-3


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the screener measures on one film.

    Args:
        upright: probability of an upright frontal chest film, within [0, 1].
        turned: probability of one turned by 90, 180 or 270 degrees.
        inverted: probability of one in the wrong polarity, turned or not.
        strangeness: root mean square distance of the features from those of frontal films,
            in standard deviations.
        residual: part of the thumbnail that frontal films do not explain, within [0, 1].
    """

    upright: float
    turned: float
    inverted: float
    strangeness: float
    residual: float


class LikenessNetwork(nn.Module):
    """Five convolutions and two linear layers; places count, so nothing is pooled globally.

    The buffers hold the statistics of frontal films: ``center`` and ``whitening`` of the
    features, ``mean`` and ``components`` of thumbnails.
    """

    center: Tensor
    whitening: Tensor
    mean: Tensor
    components: Tensor

    def __init__(self, components: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_layer(1, 16, stride=2),
            *_layer(16, 32, stride=2),
            *_layer(32, 48, stride=1),
            *_layer(48, 64, stride=2),
            *_layer(64, 64, stride=2),
        )
        self.features = nn.Linear(64 * 16, FEATURES)
        self.classes = nn.Linear(FEATURES, len(CLASSES))
        self.register_buffer("center", torch.zeros(FEATURES))
        self.register_buffer("whitening", torch.eye(FEATURES))
        self.register_buffer("mean", torch.zeros(THUMBNAIL**2))
        self.register_buffer("components", torch.zeros(components, THUMBNAIL**2))

    def forward(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Compute class logits and features.

        Args:
            squares: ``float32`` (B, 64, 64), standardised.

        Returns:
            (B, 6) logits and (B, 64) features.
        """
        found = self.features(self.body(squares[:, None]).flatten(1))
        return self.classes(torch.relu(found)), found

    def answer(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Call the network; the typed name of ``network(squares)``."""
        return cast("tuple[Tensor, Tensor]", self(squares))

    def distances(self, squares: Tensor, features: Tensor) -> Tensor:
        """Compute how far films lie from frontal ones.

        Returns:
            (B, 2): strangeness and residual, as in ``Likeness``.
        """
        white = (features - self.center) @ self.whitening  # (B, 64)
        small = thumbnails(squares) - self.mean  # (B, 1024)
        kept = small @ self.components.T  # (B, components)
        energy = small.square().sum(1)
        residual = 1 - kept.square().sum(1) / energy.clamp_min(_FLAT)
        return torch.stack([white.square().mean(1).sqrt(), residual], dim=1)


def reduced(squares: Tensor) -> Tensor:
    """Average squares (B, size, size), of a multiple of 64 pixels, to (B, 64, 64)."""
    return functional.avg_pool2d(squares[:, None], squares.shape[-1] // SIZE)[:, 0]


def standardised(squares: Tensor) -> Tensor:
    """Give each square mean 0 and standard deviation 1; windows then hardly matter.

    Args:
        squares: ``float32`` (B, size, size) within [0, 1].

    Returns:
        ``float32`` of the same shape.
    """
    middle = squares.mean(dim=(1, 2), keepdim=True)
    spread = squares.std(dim=(1, 2), keepdim=True).clamp_min(_FLAT)
    return (squares - middle) / spread


def thumbnails(squares: Tensor) -> Tensor:
    """Average standardised squares (B, 64, 64) to flat thumbnails (B, 1024)."""
    return functional.avg_pool2d(squares[:, None], SIZE // THUMBNAIL).flatten(1)


@torch.inference_mode()
def measure(network: LikenessNetwork, squares: Tensor) -> Tensor:
    """Measure letter-boxed films.

    Args:
        network: in evaluation mode.
        squares: ``float32`` (B, 64, 64) within [0, 1].

    Returns:
        (B, 5) in the order of the fields of ``Likeness``.
    """
    given = standardised(squares)
    logits, features = network.answer(given)
    shares = logits.softmax(1)
    named = [shares[:, 0], shares[:, 1:4].sum(1), shares[:, 4]]
    return torch.cat([torch.stack(named, 1), network.distances(given, features)], dim=1)


def _layer(before: int, after: int, *, stride: int) -> tuple[nn.Module, ...]:
    kernel = 5 if before == 1 else 3
    convolution = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(after), nn.ReLU()
