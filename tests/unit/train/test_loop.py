from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.unit.train.phantoms import RADIUS, SIZE, phantoms
from triage.infer.gradcam import class_maps
from triage.infer.input import InputSpec, normalise
from triage.train.films import WHITE, Examples
from triage.train.loop import Outcome, evaluate, masked_loss, train_epoch
from triage.train.marks import no_marks
from triage.train.recipe import Precision, Recipe
from triage.train.training import Training, begin

RECIPE = Recipe(
    architecture="densenet-tiny",
    pixels=SIZE,
    learning_rate=0.02,
    epochs=5,
    precision=Precision.FLOAT32,
)


def nothing() -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def trained() -> Training:
    training = begin(RECIPE)
    examples = phantoms(128, seed=1).examples
    for epoch in range(1, RECIPE.epochs + 1):
        train_epoch(training, examples, recipe=RECIPE, epoch=epoch, advance=nothing)
    return training


def test_a_network_learns_to_tell_phantoms_with_a_mass(trained: Training) -> None:
    fresh = phantoms(64, seed=2).examples

    outcome = evaluate(trained.network, fresh, precision=Precision.FLOAT32, pixels=SIZE)

    assert min(outcome.aurocs()) > 0.95


def test_the_map_of_a_phantoms_mass_lies_on_the_mass(trained: Training) -> None:
    fresh = phantoms(64, seed=3)
    squares = fresh.examples.squares[1::2].float() / WHITE

    with torch.inference_mode():
        _, features = trained.network.eval().activations(normalise(squares, InputSpec(SIZE)))
        maps = class_maps(features, trained.network.classifier.weight)[:, 0]  # (N, h, w)

    stride = SIZE / maps.shape[2]
    peaks = maps.flatten(1).argmax(dim=1)
    rows, columns = peaks // maps.shape[2], peaks % maps.shape[2]
    found = (torch.stack([rows, columns], dim=1) + 0.5) * stride
    off = (found - fresh.centres[1::2]).norm(dim=1)
    assert float((off <= RADIUS + stride / 2).float().mean()) >= 0.95


def test_an_unknown_target_has_no_say_in_the_loss() -> None:
    logits = torch.tensor([[0.3, -2.0], [1.0, 5.0]])

    masked = masked_loss(logits, torch.tensor([[1.0, torch.nan], [0.0, torch.nan]]))

    known = torch.nn.functional.binary_cross_entropy_with_logits(
        logits[:, 0], torch.tensor([1.0, 0.0])
    )
    assert float(masked) == pytest.approx(float(known))


def test_a_batch_without_known_targets_has_no_loss() -> None:
    logits = torch.ones(2, 1, requires_grad=True)

    loss = masked_loss(logits, torch.full((2, 1), torch.nan))

    assert loss.item() == 0


def test_the_same_seed_and_epoch_train_the_same_weights() -> None:
    examples = phantoms(32, seed=1).examples
    once, again = begin(RECIPE), begin(RECIPE)

    for training in (once, again):
        train_epoch(training, examples, recipe=RECIPE, epoch=1, advance=nothing)

    torch.testing.assert_close(once.network.state_dict(), again.network.state_dict())


def test_each_step_is_told() -> None:
    training, steps = begin(RECIPE), list[int]()

    train_epoch(
        training,
        phantoms(40, seed=1).examples,
        recipe=RECIPE,
        epoch=1,
        advance=lambda: steps.append(1),
    )

    assert len(steps) == 3


def test_bfloat16_says_nearly_what_float32_says(trained: Training) -> None:
    fresh = phantoms(16, seed=4).examples

    rough = evaluate(trained.network, fresh, precision=Precision.BFLOAT16, pixels=SIZE)

    exact = evaluate(trained.network, fresh, precision=Precision.FLOAT32, pixels=SIZE)
    np.testing.assert_allclose(rough.logits, exact.logits, atol=0.25)


def test_unknown_targets_are_left_out_of_the_auroc() -> None:
    outcome = Outcome(
        logits=np.array([[0.1], [0.9], [0.5]]),
        targets=np.array([[0.0], [np.nan], [1.0]]),
        peaks=np.zeros((3, 1)),
    )

    assert outcome.aurocs() == (1.0,)


def test_examples_know_how_many_they_are() -> None:
    films = Examples(torch.zeros(3, 2, 2), torch.zeros(3, 1), torch.zeros(3), no_marks(2))

    assert len(films) == 3


def test_too_few_films_of_one_kind_are_not_judged() -> None:
    outcome = Outcome(
        logits=np.array([[0.1], [0.9], [0.5]]),
        targets=np.array([[0.0], [0.0], [1.0]]),
        peaks=np.zeros((3, 1)),
    )

    assert np.isnan(outcome.aurocs(least=2)[0])
    assert outcome.aurocs(least=1) == (0.5,)


def test_no_films_say_nothing() -> None:
    none = phantoms(4, seed=1).examples.chosen(torch.zeros(4, dtype=torch.bool))

    outcome = evaluate(begin(RECIPE).kept, none, precision=Precision.FLOAT32, pixels=SIZE)

    assert outcome.logits.shape == (0, 2)


def test_the_learning_rate_of_each_step_follows_the_recipe() -> None:
    recipe = replace(RECIPE, falling=True, epochs=1)
    training = begin(recipe)

    train_epoch(training, phantoms(32, seed=1).examples, recipe=recipe, epoch=1, advance=nothing)

    assert training.optimizer.param_groups[0]["lr"] == 0


def test_boxes_draw_the_evidence_to_where_they_are() -> None:
    examples, stranger = phantoms(64, seed=1), phantoms(64, seed=9)
    elsewhere = replace(examples.examples, marks=stranger.examples.marks)
    told = replace(RECIPE, pointed=1.0, epochs=2)

    right, wrong = (begin(told) for _ in range(2))
    losses = [
        [train_epoch(t, e, recipe=told, epoch=n, advance=nothing) for n in (1, 2)]
        for t, e in ((right, examples.examples), (wrong, elsewhere))
    ]

    assert losses[0][1] < losses[1][1]
