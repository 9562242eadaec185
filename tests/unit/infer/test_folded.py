from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.unit.infer.lived import lived
from triage.infer.bundle import load_bundle, shipped_bundle
from triage.infer.calibration import probabilities
from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.infer.folded import Folded, fold


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def batch_of(channels: int = 3, *, size: int = 64) -> Tensor:
    drawn = torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(1))
    return drawn.contiguous(memory_format=torch.channels_last)


def difference(network: DenseNet, folded: Folded, batch: Tensor) -> float:
    """Return the largest difference of features, as a part of the largest feature."""
    wanted = network.features(batch)
    return float((folded(batch) - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_features_are_the_networks(architecture: str, channels: int) -> None:
    network = lived(architecture, channels=channels)

    assert difference(network, fold(network), batch_of(channels)) < 1e-5


def test_the_shipped_networks_probabilities_stay_within_a_hundred_thousandth() -> None:
    network = load_bundle(shipped_bundle()).network
    batch = batch_of(size=224)

    features = fold(network)(batch)

    found = probabilities(network.head(features).logits, temperature=1.0)
    wanted = probabilities(network.activations(batch).logits, temperature=1.0)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


def test_a_scale_below_zero_bounds_a_channel_from_above() -> None:
    first = fold(lived()).blocks[0].layers[0].squeeze

    assert first.high is not None
    assert bool((first.low.isinf() | first.high.isinf()).any())


def test_without_that_bound_other_features_would_come_out() -> None:
    network = lived()
    folded = fold(network)
    block = folded.blocks[0]
    layer = block.layers[0]
    careless = replace(layer, squeeze=replace(layer.squeeze, high=None))
    layers = (careless, *block.layers[1:])
    wrong = replace(folded, blocks=(replace(block, layers=layers), *folded.blocks[1:]))

    assert difference(network, wrong, batch_of()) > 1e-3


def test_a_network_without_such_scales_has_no_such_bound() -> None:
    folded = fold(load_bundle(shipped_bundle()).network)

    assert {layer.squeeze.high for block in folded.blocks for layer in block.layers} == {None}


def test_a_film_of_no_numbers_gives_none_and_spoils_no_other() -> None:
    folded, batch = fold(lived()), batch_of()
    batch[0, 0, 5, 5] = torch.nan

    hollow, whole = folded(batch)

    assert bool(hollow.isnan().any())
    assert bool(whole.isfinite().all())


def test_the_network_stays_as_it_was() -> None:
    network = lived()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    fold(network)(batch_of())

    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
