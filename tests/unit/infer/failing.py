"""Networks that fail as they do on a GPU, with the errors that torch raises there."""

import torch
from torch import Tensor, nn


class Greedy(nn.Module):
    """Layers that have memory for so many films at a time."""

    def __init__(self, layers: nn.Module, most: int) -> None:
        super().__init__()
        self._layers = layers
        self._most = most
        self.refused = 0

    def forward(self, batch: Tensor) -> Tensor:
        if len(batch) > self._most:
            self.refused += 1
            raise torch.OutOfMemoryError(f"CUDA out of memory: {len(batch)} films")
        features: Tensor = self._layers(batch)
        return features


class Failing(nn.Module):
    """Layers on a device that is lost so many times."""

    def __init__(self, layers: nn.Module, times: int) -> None:
        super().__init__()
        self._layers = layers
        self._times = times

    def forward(self, batch: Tensor) -> Tensor:
        if self._times > 0:
            self._times -= 1
            raise torch.AcceleratorError("CUDA error: the device is lost")
        features: Tensor = self._layers(batch)
        return features
