from dataclasses import replace

import pytest
import torch

from triage.domain.errors import ConfigurationError
from triage.infer.bundle import load_bundle, shipped_bundle
from triage.infer.card import Input
from triage.train.recipe import Optimizer, Recipe
from triage.train.training import Start, begin

RECIPE = Recipe(architecture="densenet-tiny", pixels=32)


def test_the_seed_decides_the_first_weights() -> None:
    once, again = begin(RECIPE), begin(RECIPE)
    other = begin(replace(RECIPE, seed=1))

    assert torch.equal(once.network.classifier.weight, again.network.classifier.weight)
    assert not torch.equal(once.network.classifier.weight, other.network.classifier.weight)


def test_the_average_follows_the_weights_slowly() -> None:
    training = begin(replace(RECIPE, averaged=0.9))
    before = training.network.classifier.weight.detach().clone()
    with torch.no_grad():
        training.network.classifier.weight.add_(1)

    training.average(0.9)

    moved = training.kept.classifier.weight - before
    torch.testing.assert_close(moved, torch.full_like(moved, 0.9))  # 1 - min(0.9, 1 / 10)


def test_an_old_average_moves_by_its_decay() -> None:
    training = begin(replace(RECIPE, averaged=0.9))
    training.steps = 1000
    with torch.no_grad():
        training.network.classifier.bias.add_(1)

    training.average(0.9)

    moved = training.kept.classifier.bias - training.network.classifier.bias
    torch.testing.assert_close(moved, torch.full_like(moved, -0.9))


def test_without_an_average_the_network_itself_is_kept() -> None:
    training = begin(RECIPE)

    training.average(0.0)

    assert training.kept is training.network


def test_biases_and_normalisation_do_not_decay() -> None:
    training = begin(replace(RECIPE, optimizer=Optimizer.ADAMW, decay=0.05))

    kernels, others = training.optimizer.param_groups

    assert (kernels["weight_decay"], others["weight_decay"]) == (0.05, 0.0)
    assert {p.ndim for p in others["params"]} == {1}


def test_a_run_begins_with_the_weights_of_a_bundle_and_its_outputs_by_name() -> None:
    bundle = load_bundle(shipped_bundle())
    recipe = Recipe(labels=("something new", "inflammation"))

    network = begin(recipe, Start.of(bundle, recipe)).network

    place = bundle.card.outputs.index("inflammation")
    old = bundle.network
    torch.testing.assert_close(network.features.state_dict(), old.features.state_dict())
    assert torch.equal(network.classifier.weight[1], old.classifier.weight[place])
    assert not torch.equal(network.classifier.weight[0], old.classifier.weight[place])


def test_a_bundle_that_sees_films_otherwise_is_no_beginning() -> None:
    bundle = load_bundle(shipped_bundle())
    card = bundle.card.model_copy(update={"input": Input(mean=(0.5,), deviation=(0.5,))})

    with pytest.raises(ConfigurationError, match=r"input mean of cxr-triage \(0\.5,\)"):
        Start.of(replace(bundle, card=card), Recipe())
