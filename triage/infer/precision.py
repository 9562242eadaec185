"""In which precision a network is computed, and what that changes in its answers."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import torch
from torch import Tensor

from triage.infer.densenet import Activations, DenseNet

LARGEST_CHANGE = 0.005
"""What a shorter precision may change a probability by."""

LARGEST_ROUNDING = 1e-5
"""What ``float32`` elsewhere may: sums in another order changed 225 films by 5e-8 at most."""

PROCESSOR = Path("/proc/cpuinfo")
SHORT_ON_CPU = {"amx_bf16"}
"""Flags of x86 processors on which bfloat16 is the faster one. With ``avx512_bf16`` alone it is
not: in batches of 8, torch gave 12.0 images a second instead of 16.6, OpenVINO 14.8 instead of
22.3."""


class Precision(StrEnum):
    """Of the numbers between the layers; the head and everything after it is ``float32``."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


SHORT = {Precision.BFLOAT16: torch.bfloat16, Precision.FLOAT16: torch.float16}


@dataclass(frozen=True, slots=True)
class Change:
    """What another way of computing changes.

    Args:
        probability: the largest change of any probability; NaN where one is no number.
        decisions: how many probabilities come to the other side of their threshold.
    """

    probability: float
    decisions: int

    @property
    def tolerable(self) -> bool:
        """Whether it is small enough to be used; NaN is not.

        >>> Change(0.004, 0).tolerable, Change(0.006, 0).tolerable, Change(0.004, 1).tolerable
        (True, False, False)
        """
        return self.probability <= LARGEST_CHANGE and self.decisions == 0


def change(reference: Tensor, found: Tensor, thresholds: Tensor) -> Change:
    """Compare probabilities with those of the reference.

    Args:
        reference: (B, labels) within [0, 1], at least one film.
        found: the same films' (B, labels) in another precision.
        thresholds: (labels,); a probability that reaches its threshold is positive.

    >>> change(torch.tensor([[0.5], [0.2]]), torch.tensor([[0.25], [0.2]]), torch.tensor([0.4]))
    Change(probability=0.25, decisions=1)
    """
    moved = (found >= thresholds) != (reference >= thresholds)
    return Change(float((found - reference).abs().max()), int(moved.sum()))


def activations(network: DenseNet, batch: Tensor, precision: Precision) -> Activations:
    """Compute a network's layers in a precision and its head in ``float32``.

    Args:
        network: in evaluation mode.
        batch: ``float32`` (B, channels, rows, columns), normalised, on the network's device.
        precision: of the layers before the head.

    Returns:
        ``float32`` logits (B, labels) and features (B, channels, h, w).
    """
    short = SHORT.get(precision)
    with exactly(), torch.autocast(batch.device.type, short, enabled=short is not None):
        features = network.features(batch)  # (B, C, h, w)
    return network.head(features.float())


def exactly() -> AbstractContextManager[None]:
    """Let a GPU compute ``float32`` with all its bits for as long as this lasts.

    cuDNN's convolutions else leave out 13 of them (TF32), which is a shorter precision.
    """
    cudnn = torch.backends.cudnn
    return cudnn.flags(
        enabled=cudnn.enabled,
        benchmark=cudnn.benchmark,
        benchmark_limit=cudnn.benchmark_limit,
        deterministic=cudnn.deterministic,
        allow_tf32=False,
        fp32_precision="ieee",
    )


def has(device: torch.device, precision: Precision, *, processor: Path = PROCESSOR) -> bool:
    """Tell whether a device computes in a precision by itself, and gains by it.

    Args:
        device: a CPU or a GPU.
        precision: of the layers before the head.
        processor: the system's description of the CPU.
    """
    if precision is Precision.FLOAT32:
        return True
    if device.type == "cuda":
        return precision is Precision.FLOAT16 or torch.cuda.is_bf16_supported()
    return precision is Precision.BFLOAT16 and bool(SHORT_ON_CPU & _flags(processor))


def _flags(processor: Path) -> set[str]:
    """Read a processor's flags; none where the system does not tell."""
    try:
        lines = processor.read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return set(next((line for line in lines if line.startswith("flags")), "").split())
