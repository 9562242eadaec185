"""Where a network is computed: a device, a precision, and the network there."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from triage.infer.bundle import Bundle
from triage.infer.calibration import probabilities
from triage.infer.densenet import DenseNet
from triage.infer.golden import WHITE
from triage.infer.gradcam import contributions
from triage.infer.input import InputSpec, normalise
from triage.infer.precision import Precision, activations, change

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """A network that is ready to compute.

    Args:
        device: where its weights are.
        network: in evaluation mode, channels last.
        precision: of the layers before the head.
    """

    device: torch.device
    network: DenseNet
    precision: Precision

    @classmethod
    def of(cls, bundle: Bundle, device: torch.device, precision: Precision) -> "Seat":
        """Seat a bundle's network.

        Raises:
            RuntimeError: the device cannot be used.
        """
        network = bundle.network.to(memory_format=torch.channels_last)
        # Of a lost GPU nothing can be read back: the network on the CPU stays as it is.
        there = network if device == CPU else copy.deepcopy(network).to(device)
        return cls(device, there, precision)

    def compute(self, squares: Tensor, spec: InputSpec) -> tuple[Tensor, Tensor]:
        """Compute logits and each place's contribution to them in one forward pass.

        Args:
            squares: ``float32`` (B, size, size) within [0, 1].
            spec: how they are normalised.

        Returns:
            ``float32`` (B, outputs) and ``float64`` (B, outputs, h, w), on the CPU.

        Raises:
            RuntimeError: the device has no memory left (``torch.OutOfMemoryError``) or fails.
        """
        batch = normalise(squares.to(self.device), spec)  # (B, channels, size, size)
        logits, features = activations(self.network, batch, self.precision)
        places = contributions(features, self.network.classifier.weight)  # (B, outputs, h, w)
        return logits.cpu(), places.cpu()

    @torch.inference_mode()
    def reproduces(self, bundle: Bundle) -> bool:
        """Tell whether the golden probabilities come out here, as closely as films' must.

        ``float32`` on the CPU is not asked: it was held to the logits when it was loaded.
        """
        if self.device == CPU and self.precision is Precision.FLOAT32:
            return True
        squares = bundle.golden["input"][None].float() / WHITE  # (1, size, size)
        found, _ = self.compute(squares, bundle.card.input.spec)
        temperature = bundle.card.calibration.temperature
        wanted = probabilities(bundle.golden["logits"], temperature=temperature)
        # A threshold that no probability reaches: one drawing decides nothing.
        beyond = torch.full((wanted.shape[1],), 2.0)
        return change(wanted, probabilities(found, temperature=temperature), beyond).tolerable
