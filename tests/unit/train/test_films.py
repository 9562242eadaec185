from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.train.folders import folder, row
from triage.domain.errors import ConfigurationError
from triage.infer.input import letterbox
from triage.train.films import load_examples, read_film
from triage.train.labels import LabelledFilm, read_labels


@pytest.fixture
def films(tmp_path: Path) -> tuple[LabelledFilm, ...]:
    return read_labels(folder(tmp_path, [row(4, tumour="1", inflammation=""), row(5)]))


def nothing() -> None:
    """Tell nobody."""


def test_training_sees_what_serving_sees(films: tuple[LabelledFilm, ...]) -> None:
    examples = load_examples(films, 32, advance=nothing)

    square, _ = letterbox(read_film(films[0].path), 32)
    assert float((examples.squares[0] / 255 - square).abs().max()) <= 0.5 / 255 + 1e-6


def test_an_unknown_target_is_no_number(films: tuple[LabelledFilm, ...]) -> None:
    examples = load_examples(films, 32, advance=nothing)

    torch.testing.assert_close(examples.targets[0], torch.tensor([1, torch.nan]), equal_nan=True)


def test_each_film_is_told(films: tuple[LabelledFilm, ...]) -> None:
    told = list[int]()

    load_examples(films, 32, advance=lambda: told.append(1))

    assert len(told) == 2


def test_a_picture_is_read_in_display_sense(films: tuple[LabelledFilm, ...]) -> None:
    film = read_film(films[0].path)

    np.testing.assert_allclose(film.render(), film.stored.astype(np.float32) / 255, atol=1e-6)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    path = tmp_path / "film.jpg"
    path.write_bytes(b"\xff\xd8\xff no more")

    with pytest.raises(ConfigurationError, match=r"film\.jpg: "):
        read_film(path)
