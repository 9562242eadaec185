import numpy as np
import torch

from triage.infer.likeness import CLASSES, LikenessNetwork
from triage.train.screener import Material, Recipe, example, measured, train

MATERIAL = Material(
    films=np.random.default_rng(0).integers(0, 256, (12, 64, 64), dtype=np.uint8),
    accepted=np.zeros((0, 64, 64), np.float32),
    refused=np.zeros((0, 64, 64), np.float32),
)
SHORT = Recipe(steps=12, batch=8, components=4)


def trained() -> LikenessNetwork:
    return train(MATERIAL, SHORT, tell=lambda _step, _loss: None)


def test_training_repeats_with_its_seed() -> None:
    first, second = (
        measured(trained(), np.asarray(MATERIAL.films / 255, dtype=np.float32)) for _ in range(2)
    )

    assert np.array_equal(first, second)


def test_features_of_frontal_films_lie_about_one_deviation_away() -> None:
    found = measured(trained(), np.asarray(MATERIAL.films / 255, dtype=np.float32))

    assert found.shape == (12, 5)
    assert np.all((found[:, 3] > 0) & (found[:, 3] < 3))


def test_every_class_has_examples() -> None:
    random = np.random.default_rng(5)

    made = [example(MATERIAL, kind, random) for kind in range(len(CLASSES))]

    assert all(torch.from_numpy(square.copy()).isfinite().all() for square in made)


def test_a_kind_that_is_left_out_is_not_made() -> None:
    from_noise = Material(MATERIAL.films, MATERIAL.accepted, MATERIAL.refused, left_out=("text",))

    assert from_noise.other(np.random.default_rng(6)).shape == (64, 64)
