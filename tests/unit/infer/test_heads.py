import pytest
import torch
from torch import Tensor

from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.infer.gradcam import class_maps, contributions
from triage.infer.heads import any_of, head_maps

MEMBERS = ((0, 2), (0,), (1,), (2,))


@pytest.fixture(scope="module")
def network() -> DenseNet:
    torch.manual_seed(1)
    return DenseNet(ARCHITECTURES["densenet-tiny"], labels=3).eval()


@pytest.fixture(scope="module")
def batch() -> Tensor:
    return torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(2))


def maps_of(network: DenseNet, batch: Tensor) -> Tensor:
    """Compute maps as a predictor does."""
    logits, features = network.activations(batch)
    places = contributions(features.detach(), network.classifier.weight.detach())
    return head_maps(places, torch.sigmoid(logits.detach().double()), MEMBERS)


def by_autograd(network: DenseNet, batch: Tensor) -> Tensor:
    """Compute the Grad-CAM of the head's logit as the paper defines it: (B, h, w)."""
    logits, features = network.activations(batch)
    none = (1 - torch.sigmoid(logits.double()[:, [0, 2]])).prod(dim=1)
    head = torch.log((1 - none) / none)
    (gradients,) = torch.autograd.grad(head.sum(), features)
    alpha = gradients.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1), eq. 1
    return torch.relu((alpha * features).sum(dim=1)).detach()  # (B, h, w), eq. 2


def test_a_head_is_present_where_one_of_its_outputs_is() -> None:
    scores = torch.tensor([[0.0, 0.3, 0.0], [1.0, 0.3, 0.0], [0.5, 0.3, 0.5]])

    assert any_of(scores, MEMBERS)[:, 0].tolist() == [0.0, 1.0, 0.75]


def test_an_output_by_itself_stays_as_it_is() -> None:
    scores = torch.rand(4, 3, dtype=torch.float64)

    assert torch.equal(any_of(scores, MEMBERS)[:, 1:], scores)


def test_the_map_of_a_head_equals_autograd(network: DenseNet, batch: Tensor) -> None:
    expected = by_autograd(network, batch)

    found = maps_of(network, batch)[:, 0]

    assert float(expected.max()) > 0
    assert float((found - expected).abs().max()) <= 1e-6 * float(expected.max())


def test_the_map_of_an_output_by_itself_is_its_own(network: DenseNet, batch: Tensor) -> None:
    features = network.activations(batch).features.detach()

    expected = class_maps(features, network.classifier.weight.detach())

    assert torch.equal(maps_of(network, batch)[:, 1:].float(), expected)


def test_a_head_that_nothing_speaks_for_has_a_finite_map() -> None:
    places = torch.ones(1, 3, 2, 2, dtype=torch.float64)

    maps = head_maps(places, torch.zeros(1, 3, dtype=torch.float64), MEMBERS)

    assert maps[:, 0].eq(0).all()
