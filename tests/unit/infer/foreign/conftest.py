"""Stand-ins of published checkpoints, each with the network that it was written from.

They are made once: a DenseNet-121 has 28 MB.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.builders import checkpoints
from tests.builders.checkpoints import GrayNetwork, WrappedNetwork, bare_network, lively


@dataclass(frozen=True)
class Published:
    """A checkpoint, and a network that computes what its project computes."""

    path: Path
    network: nn.Module


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="session")
def wrapped() -> nn.Module:
    torch.manual_seed(3)
    return lively(WrappedNetwork())


@pytest.fixture(scope="session")
def bare() -> nn.Module:
    torch.manual_seed(4)
    return lively(bare_network())


@pytest.fixture(scope="session")
def zoogzog(folder: Path, wrapped: nn.Module) -> Published:
    path = checkpoints.zoogzog(folder / "m-25012018-123527.pth.tar", wrapped)
    return Published(path, wrapped)


@pytest.fixture(scope="session")
def arnoweng(folder: Path, wrapped: nn.Module) -> Published:
    return Published(checkpoints.arnoweng(folder / "model.pth.tar", wrapped), wrapped)


@pytest.fixture(scope="session")
def jrzech(folder: Path, bare: nn.Module) -> Published:
    return Published(checkpoints.jrzech(folder / "checkpoint", bare), bare)


@pytest.fixture(scope="session")
def jrzech_of_2018(folder: Path, bare: nn.Module) -> Published:
    aged = copy.deepcopy(bare)
    return Published(checkpoints.jrzech_of_2018(folder / "checkpoint-old", aged), bare)


@pytest.fixture(scope="session")
def gray(folder: Path) -> Published:
    torch.manual_seed(5)
    network = lively(GrayNetwork(), 1, white=1024)
    path = checkpoints.torchxrayvision(folder / "best.pt", copy.deepcopy(network))
    return Published(path, network)
