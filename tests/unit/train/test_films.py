from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.train.folders import folder, row
from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14, LABELS
from triage.infer.input import letterbox
from triage.train.films import load_examples, read_film, target_row
from triage.train.labels import LabelledFilm, read_labels
from triage.train.recipe import Normals, Recipe

RECIPE = Recipe(pixels=32)
OPEN = Recipe(labels=("tumour", "inflammation", "Mass"), normals=Normals.DOUBTED, soft=0.25)
SAID = {"5.png": tuple(0.1 for _ in LABELS)}


def labelled(*heads: float | None, normal: bool = False) -> LabelledFilm:
    """Make a film of which the heads are known, and that it shows no mass."""
    targets = (*heads, *(0.0 for _ in CHESTXRAY14))
    return LabelledFilm(Path("5.png"), "P", "train", targets, "Drawn", "", normal, "5.png")


@pytest.fixture
def films(tmp_path: Path) -> tuple[LabelledFilm, ...]:
    return read_labels(folder(tmp_path, [row(4, tumour="1", inflammation=""), row(5)]))


def nothing() -> None:
    """Tell nobody."""


def test_training_sees_what_serving_sees(films: tuple[LabelledFilm, ...]) -> None:
    examples = load_examples(films, RECIPE, advance=nothing)

    square, _ = letterbox(read_film(films[0].path), 32)
    assert float((examples.squares[0] / 255 - square).abs().max()) <= 0.5 / 255 + 1e-6


def test_an_unknown_target_is_no_number(films: tuple[LabelledFilm, ...]) -> None:
    examples = load_examples(films, RECIPE, advance=nothing)

    torch.testing.assert_close(examples.targets[0], torch.tensor([1, torch.nan]), equal_nan=True)


def test_each_film_is_told(films: tuple[LabelledFilm, ...]) -> None:
    told = list[int]()

    load_examples(films, RECIPE, advance=lambda: told.append(1))

    assert len(told) == 2


def test_a_picture_is_read_in_display_sense(films: tuple[LabelledFilm, ...]) -> None:
    film = read_film(films[0].path)

    np.testing.assert_allclose(film.render(), film.stored.astype(np.float32) / 255, atol=1e-6)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "film.jpg"
    path.write_bytes(b"\xff\xd8\xff no more")

    with pytest.raises(UnusableList, match=r"film\.jpg: "):
        read_film(path)


def test_a_film_that_was_read_as_normal_is_left_out_by_the_article(tmp_path: Path) -> None:
    films = read_labels(folder(tmp_path, [row(4, rsna_class="Normal"), row(5)]))

    assert len(load_examples(films, RECIPE, advance=nothing)) == 1


def test_a_reading_as_normal_leaves_an_inflammation_open_and_nothing_else() -> None:
    targets = target_row(labelled(1.0, 1.0, normal=True), OPEN, {})

    assert targets == pytest.approx([1.0, np.nan, 0.0], nan_ok=True)


def test_what_a_reading_as_normal_and_the_label_deny_is_absent() -> None:
    assert target_row(labelled(0.0, 0.0, normal=True), OPEN, {}) == [0.0, 0.0, 0.0]


def test_a_prediction_softens_what_is_known_and_stands_in_for_what_is_not() -> None:
    targets = target_row(labelled(1.0, None), OPEN, SAID)

    assert targets == pytest.approx([0.775, 0.1, 0.025])


def test_a_recipe_without_soft_targets_does_not_listen_to_predictions() -> None:
    assert target_row(labelled(1.0, 0.0), replace(OPEN, soft=0.0), SAID) == [1.0, 0.0, 0.0]


def test_sex_view_and_age_stand_after_the_labels() -> None:
    film = replace(labelled(1.0, 0.0), anatomy=(1.0, None, 0.61))

    targets = target_row(film, replace(OPEN, anatomy=True), {})

    assert targets == pytest.approx([1.0, 0.0, 0.0, 1.0, np.nan, 0.61], nan_ok=True)


def test_a_recipe_without_anatomy_leaves_it_out() -> None:
    film = replace(labelled(1.0, 0.0), anatomy=(1.0, 0.0, 0.61))

    assert len(target_row(film, OPEN, {})) == len(OPEN.labels)
