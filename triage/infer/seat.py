"""Where a network is computed: an engine, a device, a precision, and the network there."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import torch
from torch import Tensor

from triage.infer.bundle import Bundle
from triage.infer.calibration import probabilities
from triage.infer.compiled import compiled
from triage.infer.densenet import Activations, DenseNet
from triage.infer.folded import fold
from triage.infer.golden import WHITE, drawings
from triage.infer.gradcam import contributions
from triage.infer.input import InputSpec, normalise
from triage.infer.precision import LARGEST_ROUNDING, Precision, activations, change

CPU = torch.device("cpu")


class Engine(StrEnum):
    """What computes a network's layers; the head and everything after it is torch's."""

    TORCH = "torch"
    OPENVINO = "openvino"


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how the layers of a network are computed.

    >>> print(Place(), Place(engine=Engine.OPENVINO), Place(torch.device("cuda:0")), sep=", ")
    cpu float32, openvino float32, cuda:0 float32
    """

    device: torch.device = CPU
    precision: Precision = Precision.FLOAT32
    engine: Engine = Engine.TORCH

    def __str__(self) -> str:
        """Name the engine or else the device, and the precision."""
        return f"{self.device if self.engine is Engine.TORCH else self.engine} {self.precision}"


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """A network that is ready to compute.

    Args:
        place: where it does so.
        network: whose head is used; in evaluation mode, on the device.
        ask: gives logits and features of a normalised batch on the device.
    """

    place: Place
    network: DenseNet
    ask: Callable[[Tensor], Activations]

    @classmethod
    def of(cls, bundle: Bundle, place: Place) -> "Seat":
        """Seat a bundle's network.

        Raises:
            ImportError: the engine is not installed.
            RuntimeError: the engine or the device cannot be used.
        """
        network = bundle.network.to(memory_format=torch.channels_last)
        if place.engine is Engine.OPENVINO:
            spec, threads = bundle.card.input.spec, torch.get_num_threads()
            layers = compiled(fold(network), spec, precision=place.precision, threads=threads)
            return cls(place, network, lambda batch: network.head(layers(batch)))
        # Of a lost GPU nothing can be read back: the network on the CPU stays as it is.
        there = network if place.device == CPU else copy.deepcopy(network).to(place.device)
        return cls(place, there, partial(activations, there, precision=place.precision))

    @classmethod
    def reserve(cls, bundle: Bundle) -> "Seat":
        """Seat it on the CPU in ``float32``, which everything can do.

        Folded where that gives the golden output, else as it was when it was loaded and gave it.
        """
        plain, layers = cls.of(bundle, Place()), fold(bundle.network)
        folded = cls(plain.place, plain.network, lambda batch: plain.network.head(layers(batch)))
        return folded if folded.reproduces(bundle) else plain

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
        batch = normalise(squares.to(self.place.device), spec)  # (B, channels, size, size)
        logits, features = self.ask(batch)
        places = contributions(features, self.network.classifier.weight)  # (B, outputs, h, w)
        return logits.cpu(), places.cpu()

    @torch.inference_mode()
    def reproduces(self, bundle: Bundle) -> bool:
        """Tell whether the golden output comes out here.

        ``float32`` is held to logits and maps, as when a bundle is loaded; a shorter precision,
        to the probabilities, as closely as films' must come out.
        """
        squares = bundle.golden["input"][None].float() / WHITE  # (1, size, size)
        logits, places = self.compute(squares, bundle.card.input.spec)
        if self.place.precision is Precision.FLOAT32:
            found = {"logits": logits, "maps": torch.relu(places)}
            tolerance = bundle.card.golden.tolerance
            return all(_near(f, bundle.golden[n], tolerance) for n, f in found.items())
        temperature = bundle.card.calibration.temperature
        wanted = probabilities(bundle.golden["logits"], temperature=temperature)
        # A threshold that no probability reaches: one drawing decides nothing.
        beyond = torch.full((wanted.shape[1],), 2.0)
        return change(wanted, probabilities(logits, temperature=temperature), beyond).tolerable

    @torch.inference_mode()
    def agrees(self, reserve: "Seat", bundle: Bundle) -> bool:
        """Tell whether eight drawings have the same answers here as from the reserve.

        Nobody has held this place against the reserve on films. What is asked of it is therefore
        500 times what is asked of a precision that somebody has: nothing but roundings.
        """
        squares, spec = drawings(bundle.card.input.size), bundle.card.input.spec
        (logits, maps), (wanted, there) = (each.compute(squares, spec) for each in (self, reserve))
        temperature = bundle.card.calibration.temperature
        found, scores = (probabilities(each, temperature=temperature) for each in (logits, wanted))
        is_same = float((found - scores).abs().max()) <= LARGEST_ROUNDING
        return is_same and _near(maps, there, bundle.card.golden.tolerance)

    def objection(self, reserve: "Seat", bundle: Bundle) -> str | None:
        """Say why films must not be assessed here, or ``None``.

        A shorter precision is used only where the card records what it changed on films.
        """
        if not self.reproduces(bundle):
            return "other golden output"
        if self.place.precision is Precision.FLOAT32 and not self.agrees(reserve, bundle):
            return f"other answers than {reserve.place}"
        return None


def _near(found: Tensor, golden: Tensor, tolerance: float) -> bool:
    """Written so that NaN is not near."""
    return float((found - golden).abs().max()) <= tolerance
