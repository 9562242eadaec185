from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from triage.domain.errors import RefusedCheckpoint
from triage.infer.foreign.container import read_checkpoint
from triage.infer.foreign.pickled import Inert
from triage.infer.foreign.tensors import tensor_of, views_of


class OldParameter:
    """A parameter that is pickled as a call of its class."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __reduce__(self) -> tuple[object, ...]:
        return nn.Parameter, (self.tensor, True)


def through(path: Path, saved: object) -> dict[str, Tensor]:
    """Save a state or a network with torch and read its tensors here."""
    torch.save(saved, path)
    checkpoint = read_checkpoint(path)
    views = views_of(checkpoint.value)
    return {name: tensor_of(view, checkpoint) for name, view in views.items()}


def test_a_state_has_its_tensors(tmp_path: Path) -> None:
    state = {"a": torch.rand(2, 3), "b": torch.tensor(7), "c": torch.rand(4).half()}

    found = through(tmp_path / "state.pt", state)

    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_a_tensor_that_is_part_of_another_is_cut_out(tmp_path: Path) -> None:
    whole = torch.arange(24.0).reshape(2, 3, 4)
    state = {"turned": whole.permute(2, 0, 1), "part": whole[1, 1:, ::2]}

    found = through(tmp_path / "state.pt", state)

    assert all(torch.equal(found[name], state[name]) for name in state)
    assert all(tensor.is_contiguous() for tensor in found.values())


def test_a_network_has_the_tensors_of_its_state(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU())

    found = through(tmp_path / "network.pt", network)

    state = network.state_dict()
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_a_parameter_of_torch_0_4_is_read_by_its_class(tmp_path: Path) -> None:
    found = through(tmp_path / "state.pt", {"a": OldParameter(torch.arange(3.0))})

    assert found["a"].tolist() == [0.0, 1.0, 2.0]


def test_something_else_among_the_tensors_is_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedCheckpoint, match="'epoch' is no tensor"):
        through(tmp_path / "state.pt", {"a": torch.rand(2), "epoch": 3})


@pytest.mark.parametrize("saved", [3, "text", [torch.rand(2)], None])
def test_what_is_neither_state_nor_network_is_refused(tmp_path: Path, saved: object) -> None:
    with pytest.raises(RefusedCheckpoint, match="no network and no state"):
        through(tmp_path / "odd.pt", saved)


def test_a_tensor_larger_than_its_storage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedCheckpoint, match=r"shape \(99,\) from 0 on: its storage has 1"):
        through(tmp_path / "state.pt", {"a": torch.zeros(1).expand(99)})


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [(1, (4,), (1,)), (0, (2,), (4,)), (-1, (1,), (1,)), (3, (2,), (-1,)), (0, (0,), (1,))],
)
def test_a_view_outside_its_storage_is_refused(
    tmp_path: Path, offset: int, shape: tuple[int, ...], stride: tuple[int, ...]
) -> None:
    torch.save({"a": torch.rand(4)}, tmp_path / "state.pt")
    checkpoint = read_checkpoint(tmp_path / "state.pt")
    view = views_of(checkpoint.value)["a"]

    with pytest.raises(RefusedCheckpoint, match="its storage has 4"):
        tensor_of(view._replace(offset=offset, shape=shape, stride=stride), checkpoint)


def test_layers_in_a_circle_are_refused() -> None:
    layer = Inert()
    layer.state = {"_modules": {"inside": layer}}

    with pytest.raises(RefusedCheckpoint, match=r"'inside\.' is in two places"):
        views_of(layer)


def test_layers_without_names_are_refused() -> None:
    layer = Inert()
    layer.state = {"_modules": {1: Inert()}}

    with pytest.raises(RefusedCheckpoint, match="without names"):
        views_of(layer)
