import pytest
import torch
from torch import Tensor, nn
from torchvision.models import DenseNet as TorchvisionDenseNet

from triage.infer.densenet import ARCHITECTURES, DenseNet, width


def seeded(architecture: str) -> tuple[DenseNet, nn.Module]:
    """Make our network and torchvision's from the same seed."""
    blocks = ARCHITECTURES[architecture]
    torch.manual_seed(3)
    ours = DenseNet(blocks, labels=2)
    torch.manual_seed(3)
    theirs = TorchvisionDenseNet(
        growth_rate=blocks.growth_rate,
        block_config=blocks.layers,
        num_init_features=blocks.first_channels,
        num_classes=2,
    )
    return ours, theirs


def slopes(network: nn.Module, logits: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(logits.sum(), list(network.parameters())))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_seed_draws_the_weights_that_torchvision_draws(architecture: str) -> None:
    ours, theirs = (network.state_dict() for network in seeded(architecture))

    assert list(ours) == list(theirs)
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_and_gradients_are_torchvisions(architecture: str) -> None:
    ours, theirs = seeded(architecture)
    batch = torch.randn(2, 3, 64, 64)

    logits, same = ours.activations(batch).logits, theirs(batch)

    torch.testing.assert_close(logits, same, rtol=0, atol=1e-6)
    pairs = zip(slopes(ours, logits), slopes(theirs, same), strict=True)
    assert all(torch.allclose(one, other, rtol=0, atol=1e-5) for one, other in pairs)


def test_one_layer_less_would_be_noticed() -> None:
    ours, theirs = seeded("densenet-tiny")
    blocks = ours.features.get_submodule("denseblock2")
    del blocks.denselayer2

    assert list(ours.state_dict()) != list(theirs.state_dict())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_width_is_that_of_the_last_features(architecture: str) -> None:
    network = DenseNet(ARCHITECTURES[architecture], labels=2)

    features = network.activations(torch.zeros(2, 3, 32, 32)).features

    assert features.shape[1] == width(ARCHITECTURES[architecture])


def test_densenet121_gives_1024_features_at_a_stride_of_32() -> None:
    network = DenseNet(ARCHITECTURES["densenet121"], labels=2).eval()

    with torch.inference_mode():
        logits, features = network.activations(torch.zeros(1, 3, 64, 96))

    assert logits.shape == (1, 2)
    assert features.shape == (1, 1024, 2, 3)


def test_a_network_of_one_channel_sees_what_three_equal_channels_see_together() -> None:
    colour = DenseNet(ARCHITECTURES["densenet-tiny"], labels=2).eval()
    gray = DenseNet(ARCHITECTURES["densenet-tiny"], labels=2, channels=1).eval()
    state = colour.state_dict()
    state["features.conv0.weight"] = state["features.conv0.weight"].sum(dim=1, keepdim=True)
    gray.load_state_dict(state)
    batch = torch.randn(1, 1, 64, 64)

    torch.testing.assert_close(gray(batch).logits, colour(batch.expand(1, 3, 64, 64)).logits)


def test_the_features_come_after_the_final_relu() -> None:
    network = DenseNet(ARCHITECTURES["densenet-tiny"], labels=1).eval()

    with torch.inference_mode():
        features = network.activations(torch.randn(1, 3, 64, 64)).features

    assert float(features.min()) >= 0


def test_the_head_is_linear_in_the_pooled_features() -> None:
    network = DenseNet(ARCHITECTURES["densenet-tiny"], labels=3).eval()

    logits, features = network.activations(torch.randn(2, 3, 64, 64))

    pooled = features.mean(dim=(2, 3))
    torch.testing.assert_close(
        logits, pooled @ network.classifier.weight.T + network.classifier.bias
    )
