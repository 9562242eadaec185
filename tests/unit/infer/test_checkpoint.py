from pathlib import Path

import pytest
import torch

from tests.unit.infer.bundles import network
from triage.domain.errors import ConfigurationError
from triage.infer.checkpoint import network_of, read_tensors, sha256, weights_of


def test_kernels_are_stored_in_half_precision() -> None:
    weights = weights_of(network())

    assert weights["features.conv0.weight"].dtype == torch.float16
    assert weights["features.norm0.running_var"].dtype == torch.float32


def test_a_network_of_stored_weights_computes_in_float32() -> None:
    stored = network_of(weights_of(network()), "densenet-tiny", labels=2)

    assert {parameter.dtype for parameter in stored.parameters()} == {torch.float32}
    assert not stored.training


def test_storing_twice_changes_nothing() -> None:
    once = weights_of(network())

    twice = weights_of(network_of(once, "densenet-tiny", labels=2))

    assert all(torch.equal(once[name], twice[name]) for name in once)


def test_a_missing_tensor_is_named() -> None:
    weights = weights_of(network())
    del weights["classifier.bias"]

    with pytest.raises(ConfigurationError, match=r"tensor classifier\.bias is missing"):
        network_of(weights, "densenet-tiny", labels=2)


def test_an_extra_tensor_is_named() -> None:
    weights = weights_of(network()) | {"extra": torch.zeros(1)}

    with pytest.raises(ConfigurationError, match="tensor extra is unknown"):
        network_of(weights, "densenet-tiny", labels=2)


def test_a_head_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"shape of classifier\.\w+ \(2.*: \(3"):
        network_of(weights_of(network()), "densenet-tiny", labels=3)


def test_a_weight_that_is_no_number_is_refused() -> None:
    weights = weights_of(network())
    weights["classifier.bias"][0] = torch.nan

    with pytest.raises(ConfigurationError, match=r"classifier\.bias holds a value"):
        network_of(weights, "densenet-tiny", labels=2)


def test_a_file_that_is_no_safetensors_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"\x80\x04 a pickle, perhaps")

    with pytest.raises(ConfigurationError, match="no valid safetensors file"):
        read_tensors(path)


@pytest.mark.parametrize("read", [read_tensors, sha256])
def test_a_missing_file_is_named(tmp_path: Path, read: object) -> None:
    assert callable(read)

    with pytest.raises(ConfigurationError, match=r"weights\.safetensors: no such file"):
        read(tmp_path / "weights.safetensors")
