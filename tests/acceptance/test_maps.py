"""The shipped bundle's maps come from what it learnt (sanity checks of Adebayo et al. 2018).

Weights are shuffled within each layer, so that only their order is lost. The maps are those that
are painted, by the daemon's own decoder and predictor, of a few real films with an opacity.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from itertools import permutations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.builders.tools import BESIDE
from triage.decode.guard import Guard
from triage.domain.film import Film
from triage.infer.bundle import load_bundle, shipped_bundle
from triage.infer.densenet import DenseNet
from triage.infer.predictor import Predictor

FILMS = BESIDE / "cxr"
LIST = FILMS / "labels.csv"
FEW = 8
SEEDS = range(3)
UNLIKE, HALF_ALIKE, LIKE = 0.25, 0.5, 0.9

pytestmark = pytest.mark.skipif(not LIST.is_file(), reason=f"NO FILMS: {LIST} is absent")

Maps = NDArray[np.float64]
Change = Callable[[DenseNet, torch.Generator], None]


@pytest.fixture(scope="module")
def films() -> list[Film]:
    with LIST.open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "train" and r["rsna_boxes"]]
    decoder = Guard()
    return [decoder.read(BESIDE / row["file"]) for row in rows[:FEW]]


@pytest.fixture(scope="module")
def shown(films: Sequence[Film]) -> Maps:
    return maps_by(lambda _network, _chance: None, films)


def maps_by(change: Change, films: Sequence[Film], *, seed: int = 0) -> Maps:
    """Assess films with a changed network: (films, labels, cells)."""
    bundle = load_bundle(shipped_bundle())
    change(bundle.network, torch.Generator().manual_seed(seed))
    assessed = Predictor(bundle, device="cpu").assess(films)
    return np.array([[h.weights.ravel() for h in each.heat_maps] for each in assessed], float)


def shuffled(tensors: Iterable[Tensor], chance: torch.Generator) -> None:
    for tensor in tensors:
        order = torch.randperm(tensor.numel(), generator=chance)
        tensor.copy_(tensor.flatten()[order].view_as(tensor))


def with_another_classifier(network: DenseNet, chance: torch.Generator) -> None:
    shuffled([network.classifier.weight], chance)


def with_other_features(network: DenseNet, chance: torch.Generator) -> None:
    shuffled((weight for weight in network.features.parameters() if weight.ndim > 1), chance)


def with_hardly_other_features(network: DenseNet, chance: torch.Generator) -> None:
    for weight in network.features.parameters():
        noise = torch.randn(weight.shape, generator=chance)
        weight.add_(1e-3 * weight.abs() * noise)


def likeness(ours: Maps, others: Maps) -> float:
    """Average Pearson's correlation over the maps that have any weight in ours.

    A map without any is like none: it says that there is no localisation.
    """
    pairs = zip(*(maps.reshape(-1, maps.shape[-1]) for maps in (ours, others)), strict=True)
    return float(np.mean([_alike(a, b) for a, b in pairs if a.any()]))


def _alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if np.ptp(one) and np.ptp(other) else 0.0


@pytest.mark.parametrize("change", [with_another_classifier, with_other_features])
def test_maps_do_not_survive_the_loss_of_what_was_learnt(
    films: Sequence[Film], shown: Maps, change: Change
) -> None:
    found = np.mean([likeness(shown, maps_by(change, films, seed=seed)) for seed in SEEDS])

    assert abs(found) < UNLIKE


def test_a_network_that_learnt_the_same_would_be_noticed(
    films: Sequence[Film], shown: Maps
) -> None:
    found = [
        likeness(shown, maps_by(with_hardly_other_features, films, seed=seed)) for seed in SEEDS
    ]

    assert np.mean(found) > LIKE


def test_classes_have_maps_of_their_own(shown: Maps) -> None:
    """Some are of one thing: a tumour is a mass, and on films with an opacity both point at it."""
    each = [shown[:, place : place + 1] for place in range(shown.shape[1])]
    painted = [maps for maps in each if maps.any()]

    found = [likeness(one, other) for one, other in permutations(painted, 2)]

    assert likeness(painted[0], painted[0]) == pytest.approx(1.0)
    assert np.mean(found) < HALF_ALIKE
