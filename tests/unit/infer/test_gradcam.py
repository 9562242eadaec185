import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.infer.gradcam import class_maps, map_scale, strengths


@pytest.fixture(scope="module")
def network() -> DenseNet:
    torch.manual_seed(1)
    return DenseNet(ARCHITECTURES["densenet121"], labels=3).eval()


@pytest.fixture(scope="module")
def features(network: DenseNet, batch: Tensor) -> Tensor:
    return network.activations(batch).features.detach()


@pytest.fixture(scope="module")
def weight(network: DenseNet) -> Tensor:
    return network.classifier.weight.detach()


@pytest.fixture(scope="module")
def batch() -> Tensor:
    return torch.randn(2, 3, 128, 160, generator=torch.Generator().manual_seed(2))


def by_autograd(network: DenseNet, batch: Tensor, label: int) -> Tensor:
    """Compute Grad-CAM as the paper defines it: (B, h, w)."""
    logits, features = network.activations(batch)
    (gradients,) = torch.autograd.grad(logits[:, label].sum(), features)
    alpha = gradients.mean(dim=(2, 3), keepdim=True)  # (B, C, 1, 1), eq. 1
    return torch.relu((alpha * features).sum(dim=1)).detach()  # (B, h, w), eq. 2


@pytest.mark.parametrize("label", [0, 1, 2])
def test_the_closed_form_equals_autograd(
    network: DenseNet, batch: Tensor, features: Tensor, weight: Tensor, label: int
) -> None:
    expected = by_autograd(network, batch, label)

    found = class_maps(features, weight)[:, label]

    assert float(expected.max()) > 0
    assert float((found - expected).abs().max()) <= 1e-6 * float(expected.max())


def test_another_class_has_another_map(features: Tensor, weight: Tensor) -> None:
    maps = class_maps(features, weight)

    assert not torch.allclose(maps[:, 0], maps[:, 1], atol=1e-3 * float(maps.max()))


def test_swapping_the_classes_swaps_the_maps(features: Tensor, weight: Tensor) -> None:
    maps = class_maps(features, weight.flip(0))

    torch.testing.assert_close(maps, class_maps(features, weight).flip(1))


def test_randomising_the_classifier_changes_the_map(features: Tensor, weight: Tensor) -> None:
    other = torch.randn(3, 1024, generator=torch.Generator().manual_seed(3)) / 32

    maps, others = class_maps(features, weight), class_maps(features, other)

    assert float((maps - others).abs().max()) > 0.1 * float(maps.max())


def test_a_map_that_needs_no_relu_sums_to_the_logit_without_its_bias() -> None:
    features, weight = torch.rand(1, 8, 4, 5), torch.rand(2, 8)

    maps = class_maps(features, weight)

    torch.testing.assert_close(maps.sum(dim=(2, 3)), features.mean(dim=(2, 3)) @ weight.T)


def test_a_weak_map_stays_weak() -> None:
    maps = torch.tensor([[[[0.0, 0.1, 0.4]], [[0.0, 0.2, 9.0]]]])

    drawn = strengths(maps, torch.tensor([1.0, 2.0]))

    torch.testing.assert_close(drawn, torch.tensor([[[[0.0, 0.1, 0.4]], [[0.0, 0.1, 1.0]]]]))


def test_one_film_in_twenty_reaches_full_strength() -> None:
    assert map_scale(np.linspace(0, 1, 101)) == pytest.approx(0.95)


@pytest.mark.parametrize("peaks", [np.zeros(9), np.full(9, 1e-7), np.eye(40)[0]])
def test_films_without_evidence_tell_no_scale(peaks: NDArray[np.float64]) -> None:
    assert map_scale(peaks) is None


def test_without_a_scale_nothing_is_drawn() -> None:
    maps = torch.tensor([[[[0.0, 0.1, 9.0]], [[0.0, 0.2, 9.0]]]])

    drawn = strengths(maps, torch.tensor([torch.inf, 2.0]))

    torch.testing.assert_close(drawn, torch.tensor([[[[0.0, 0.0, 0.0]], [[0.0, 0.1, 1.0]]]]))


def test_a_floor_for_the_scale_would_draw_a_rounding_as_strong() -> None:
    drawn = strengths(torch.tensor([[[[1e-5]]]]), torch.tensor([1e-6]))

    assert drawn.item() == 1
