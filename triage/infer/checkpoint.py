"""Weights on disk: safetensors, known by their SHA-256."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from triage.domain.errors import ConfigurationError
from triage.infer.densenet import ARCHITECTURES, RGB, DenseNet


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex.

    Raises:
        ConfigurationError: there is no such file.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file; a bundle holds one") from error


def check_digests(folder: Path, recorded: Mapping[str, str]) -> None:
    """Hold files against the SHA-256 that a card records for them.

    Raises:
        ConfigurationError: a file is missing or is not the recorded one.
    """
    for name, digest in recorded.items():
        found = sha256(folder / name)
        if found != digest:
            raise ConfigurationError(f"SHA-256 of {folder / name} {found}: {digest} is recorded")


def weights_of(network: DenseNet, *, half: bool = True) -> dict[str, Tensor]:
    """Return a network's weights as they are stored.

    Returns:
        Kernels in ``float16`` where ``half``; biases and normalisation stay ``float32``, since
        a running variance may leave the range of half precision and they are 2 % of the bytes.
    """
    state = network.state_dict()
    return {n: (t.half() if half and t.ndim > 1 else t).contiguous() for n, t in state.items()}


def network_of(
    weights: Mapping[str, Tensor], architecture: str, *, labels: int, channels: int = RGB
) -> DenseNet:
    """Build the network of stored weights, in ``float32`` and evaluation mode.

    Args:
        weights: by the names of the network's own state.
        architecture: an entry of ``ARCHITECTURES``.
        labels: how many logits the head gives.
        channels: of the input, 1 or 3.

    Raises:
        ConfigurationError: a tensor is missing, unknown, of another shape or not finite.
    """
    # On "meta" nothing is initialised: every tensor below comes from the file.
    with torch.device("meta"):
        network = DenseNet(ARCHITECTURES[architecture], labels, channels)
    _refuse_others(network.state_dict(), weights)
    single = {n: t.float() if t.is_floating_point() else t for n, t in weights.items()}
    network.load_state_dict(single, assign=True)
    return network.eval().requires_grad_(requires_grad=False)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        ConfigurationError: the file is missing or no safetensors file.
    """
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file; a bundle holds one") from error
    except SafetensorError as error:
        raise ConfigurationError(f"{path}: no valid safetensors file: {error}") from error


def _refuse_others(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    for name in wanted.keys() - found.keys():
        raise ConfigurationError(f"weights: tensor {name} is missing")
    for name in found.keys() - wanted.keys():
        raise ConfigurationError(f"weights: tensor {name} is unknown to the architecture")
    for name, tensor in found.items():
        if tensor.shape != wanted[name].shape:
            shapes = f"{tuple(tensor.shape)}: {tuple(wanted[name].shape)}"
            raise ConfigurationError(f"weights: shape of {name} {shapes}")
        if not tensor.isfinite().all():
            raise ConfigurationError(f"weights: {name} holds a value that is not finite")
