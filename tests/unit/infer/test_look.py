import numpy as np

from tests.unit.infer.films import film
from triage.domain.film import Box
from triage.infer.look import look_at


def test_a_look_shows_the_film_without_its_borders() -> None:
    picture = np.random.default_rng(0).random((300, 200), dtype=np.float32)

    look = look_at(film(np.pad(picture, 50)))

    assert look.shape == (400, 300)
    assert look.box == Box(0, 42, 256, 171)
    assert abs(float(look.gray.mean()) - float(picture.mean())) < 0.01


def test_a_look_is_black_beside_the_film() -> None:
    look = look_at(film(np.full((300, 200), 0.5, np.float32)))

    assert look.square.shape == (256, 256)
    assert float(look.square[:, :42].abs().max()) == 0
    assert float(look.gray.min()) == 0.5


def test_a_small_film_is_enlarged() -> None:
    assert look_at(film(np.ones((64, 128), np.float32))).gray.shape == (128, 256)
