"""Checkpoints as other projects published them, with random weights.

Names, shapes and containers are theirs: torchvision's layer names until 0.2 (``norm.1``), no
counters of batches before torch 0.4.1, ``DataParallel``'s prefix, networks pickled whole with
their classes' names, tensors of a GPU, and the container that torch wrote before 1.6.
"""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.backends.thnn import _get_thnn_function_backend
from torchvision.models import densenet121

OURS, THEIRS = b"ctests.builders.checkpoints\nGrayNetwork\n", b"ctorchxrayvision.models\nDenseNet\n"
ON_CPU, ON_GPU = b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"
PART = re.compile(r"(norm|relu|conv)[12]")
LAYER = re.compile(r"(\.denselayer\d+\.(?:norm|conv))([12]\.)")


class WrappedNetwork(nn.Module):
    """A network inside a network, as two projects have it; it gives probabilities."""

    def __init__(self, outputs: int = 14) -> None:
        super().__init__()
        self.densenet121 = bare_network(outputs)

    def forward(self, batch: Tensor) -> Tensor:
        probabilities: Tensor = self.densenet121(batch)
        return probabilities


class GrayNetwork(nn.Module):
    """A network of one channel and 18 outputs; it gives probabilities."""

    def __init__(self, points: Tensor | None = None) -> None:
        super().__init__()
        whole = densenet121(num_classes=18)
        whole.features.conv0 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
        self.features, self.classifier = whole.features, whole.classifier
        self.register_buffer("op_threshs", points)

    def forward(self, batch: Tensor) -> Tensor:
        pooled = nn.functional.adaptive_avg_pool2d(torch.relu(self.features(batch)), 1)
        logits: Tensor = self.classifier(pooled.flatten(1))
        return torch.sigmoid(logits)


def bare_network(outputs: int = 14) -> nn.Module:
    """Make torchvision's network with a sigmoid behind its last layer."""
    network: nn.Module = densenet121()
    network.classifier = nn.Sequential(nn.Linear(1024, outputs), nn.Sigmoid())
    return network


def lively(network: nn.Module, channels: int = 3, *, white: float = 2.0) -> nn.Module:
    """Let a network see noise of its range, so that its normalisation fits and it answers."""
    noise = torch.Generator().manual_seed(11)
    network.train()
    with torch.no_grad():
        for _ in range(2):
            network(white * (2 * torch.rand(4, channels, 64, 64, generator=noise) - 1))
    return network.eval()


def hollow(names: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """Make a state of the right names, with other ``shapes`` where told, and no weights."""
    return {
        name: torch.zeros(()).expand(shapes.get(name, tuple(tensor.shape)))
        for name, tensor in names.items()
    }


def old_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Name tensors as torch 0.3 and torchvision 0.2 did."""
    return {
        LAYER.sub(r"\1.\2", name): tensor
        for name, tensor in state.items()
        if not name.endswith("num_batches_tracked")
    }


def aged(network: nn.Module) -> nn.Module:
    """Rebuild a network's inside as torch 0.4 pickled it; it can no longer be called."""
    for layer in network.modules():
        inside = vars(layer)
        inside["_backend"] = _Backend()
        inside["_buffers"].pop("num_batches_tracked", None)
        children = inside["_modules"]
        for name in [name for name in children if PART.fullmatch(name)]:
            children[f"{name[:-1]}.{name[-1]}"] = children.pop(name)
    return network


def old_container(value: object) -> bytes:
    """Write a value as torch did before 1.6."""
    stream = io.BytesIO()
    torch.save(value, stream, _use_new_zipfile_serialization=False)
    return stream.getvalue()


def from_gpu(content: bytes) -> bytes:
    """Let an old container say that its tensors lay on a GPU."""
    cuda = content.replace(b"ctorch\nFloatStorage\n", b"ctorch.cuda\nFloatStorage\n")
    return cuda.replace(ON_CPU, ON_GPU)


def zoogzog(path: Path, network: nn.Module) -> Path:
    """Write ``m-<day>-<time>.pth.tar``: an old container of a state and its optimizer."""
    state = old_names(nn.DataParallel(network).state_dict())
    moments = {"step": 9, "exp_avg": torch.zeros(3), "exp_avg_sq": torch.zeros(3)}
    optimizer = {"state": {1: moments}, "param_groups": [{"lr": 1e-4, "params": [1]}]}
    saved = {"epoch": 5, "state_dict": state, "best_loss": 0.14, "optimizer": optimizer}
    path.write_bytes(from_gpu(old_container(saved)))
    return path


def arnoweng(path: Path, network: nn.Module) -> Path:
    """Write ``model.pth.tar``: an old container of a state."""
    saved = {"epoch": 1, "state_dict": old_names(nn.DataParallel(network).state_dict())}
    path.write_bytes(from_gpu(old_container(saved)))
    return path


def jrzech(path: Path, network: nn.Module) -> Path:
    """Write ``checkpoint`` of 2022: a zip archive of the network itself."""
    torch.save(_run(network), path)
    return path


def jrzech_of_2018(path: Path, network: nn.Module) -> Path:
    """Write ``checkpoint`` of 2018: an old container of the network itself; it ages."""
    path.write_bytes(from_gpu(old_container(_run(aged(network)))))
    return path


def torchxrayvision(path: Path, network: nn.Module) -> Path:
    """Write ``…-best.pt`` of 2020: an old container of the network alone; it ages."""
    content = old_container(aged(network)).replace(OURS, THEIRS)
    library = b"ctorchxrayvision.models\n"
    path.write_bytes(content.replace(b"ctorchvision.models.densenet\n", library))
    return path


class _Backend:
    def __reduce__(self) -> tuple[object, ...]:
        return _get_thnn_function_backend, ()


def _run(network: nn.Module) -> dict[str, object]:
    state = torch.get_rng_state()
    return {"model": network, "best_loss": 0.15, "epoch": 4, "rng_state": state, "LR": 0.01}
