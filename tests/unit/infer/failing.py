"""Heads that fail as networks do on a GPU, with the errors that torch raises there."""

import torch
from torch import Tensor, nn


class _Head(nn.Linear):
    def __init__(self, head: nn.Linear) -> None:
        super().__init__(head.in_features, head.out_features)
        self.load_state_dict(head.state_dict())


class Greedy(_Head):
    """A head that has memory for so many films at a time."""

    def __init__(self, head: nn.Linear, most: int) -> None:
        super().__init__(head)
        self._most = most
        self.refused = 0

    def forward(self, pooled: Tensor) -> Tensor:
        if len(pooled) > self._most:
            self.refused += 1
            raise torch.OutOfMemoryError(f"CUDA out of memory: {len(pooled)} films")
        return super().forward(pooled)


class Failing(_Head):
    """A head on a device that is lost so many times."""

    def __init__(self, head: nn.Linear, times: int) -> None:
        super().__init__(head)
        self._times = times

    def forward(self, pooled: Tensor) -> Tensor:
        if self._times > 0:
            self._times -= 1
            raise torch.AcceleratorError("CUDA error: the device is lost")
        return super().forward(pooled)
