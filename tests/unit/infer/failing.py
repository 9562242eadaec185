"""Heads that fail as networks do on a device, with the errors that torch raises there."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def of_a_gpu() -> RuntimeError:
    """Make the error of a GPU without memory."""
    return torch.OutOfMemoryError("CUDA out of memory.")


def of_a_cpu() -> RuntimeError:
    """Make the error of a CPU without memory, as torch 2.14 words it."""
    return RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory:"
        " you tried to allocate 9830400 bytes. Error code 12 (Cannot allocate memory)"
    )


class _Head(nn.Linear):
    def __init__(self, head: nn.Linear) -> None:
        super().__init__(head.in_features, head.out_features)
        self.load_state_dict(head.state_dict())


class Greedy(_Head):
    """A head that has memory for so many films at a time."""

    def __init__(
        self, head: nn.Linear, most: int, error: Callable[[], Exception] = of_a_gpu
    ) -> None:
        super().__init__(head)
        self._most = most
        self._error = error
        self.refused = 0

    def forward(self, pooled: Tensor) -> Tensor:
        if len(pooled) > self._most:
            self.refused += 1
            raise self._error()
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
