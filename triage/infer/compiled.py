"""A folded network as a graph of OpenVINO, an optional engine for x86 processors.

The graph is written node by node, in 0.1 s; OpenVINO's own converter traced the network for 8 s
and more. That converter reports its use to its makers; nothing that is called here does.
"""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

from triage.infer.folded import Block, Convolution, Folded, Gated, Layer
from triage.infer.input import InputSpec
from triage.infer.precision import Precision

HINTS = {Precision.FLOAT32: "f32", Precision.BFLOAT16: "bf16", Precision.FLOAT16: "f16"}


def compiled(
    folded: Folded, spec: InputSpec, *, precision: Precision, threads: int
) -> Callable[[Tensor], Tensor]:
    """Compile a network for the CPU.

    Args:
        folded: its layers.
        spec: what it is given.
        precision: of the numbers between the layers.
        threads: that compute at the same time.

    Returns:
        What computes as ``folded`` does; NaN for an input that is not finite.

    Raises:
        ImportError: OpenVINO is not installed.
        RuntimeError: it cannot be used here.
    """
    openvino = import_module("openvino")  # optional
    options = {
        "INFERENCE_PRECISION_HINT": HINTS[precision],
        "INFERENCE_NUM_THREADS": threads,
        # A worker gives way to reception, which it cannot on a core of its own.
        "ENABLE_CPU_PINNING": False,
    }
    model = _Writer(import_module("openvino.opset1")).model(folded, spec)
    request = openvino.Core().compile_model(model, "CPU", options)

    def _ask(batch: Tensor) -> Tensor:
        found = torch.from_numpy(request(batch.contiguous().numpy())[0])  # (B, C, h, w)
        # Its ReLUs and maxima make a number of what is none.
        finite = batch.isfinite().flatten(1).all(dim=1)  # (B,)
        return found.where(finite[:, None, None, None], torch.nan)

    return _ask


class _Writer:
    """Writes a network as nodes of an operation set."""

    def __init__(self, operations: ModuleType) -> None:
        self._write = operations

    def model(self, folded: Folded, spec: InputSpec) -> object:
        """Write everything before the final ReLU, for batches of any length."""
        shape = [-1, spec.channels, spec.size, spec.size]
        batch = self._write.parameter(shape, np.float32, name="batch")
        seen = self._convolved(batch, folded.stem, stride=2, padding=3)
        found = self._write.max_pool(self._write.relu(seen), [2, 2], [1, 1], [1, 1], [3, 3])
        for block in folded.blocks:
            found = self._block(found, block)
        scaled = self._write.multiply(found, folded.scale.numpy())
        features = self._write.add(scaled, folded.shift.numpy())
        return import_module("openvino").Model([features], [batch], "densenet")

    def _block(self, found: object, block: Block) -> object:
        parts = [found]
        for layer in block.layers:
            parts.append(self._added(self._write.concat(parts, 1), layer))
        whole = self._write.concat(parts, 1)
        if block.transition is None:
            return whole
        clamped = self._clamped(whole, block.transition)
        halved = self._write.avg_pool(clamped, [2, 2], [0, 0], [0, 0], [2, 2], exclude_pad=True)
        return self._convolved(halved, block.transition.convolution)

    def _added(self, found: object, layer: Layer) -> object:
        clamped = self._clamped(found, layer.squeeze)
        squeezed = self._write.relu(self._convolved(clamped, layer.squeeze.convolution))
        return self._products(squeezed, layer.growth, padding=1)

    def _clamped(self, found: object, gated: Gated) -> object:
        kept = self._write.maximum(found, gated.low.numpy())
        if gated.high is None:
            return kept
        return self._write.minimum(kept, gated.high.numpy())

    def _convolved(
        self, found: object, convolution: Convolution, *, stride: int = 1, padding: int = 0
    ) -> object:
        products = self._products(found, convolution.weight, stride=stride, padding=padding)
        return self._write.add(products, convolution.bias[None, :, None, None].numpy())

    def _products(
        self, found: object, weight: Tensor, *, stride: int = 1, padding: int = 0
    ) -> object:
        around = [padding, padding]
        kernel = weight.contiguous().numpy()  # (out, in, k, k)
        return self._write.convolution(found, kernel, [stride, stride], around, around, [1, 1])
