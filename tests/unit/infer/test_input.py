import numpy as np
import pytest
import torch

from tests.unit.infer.films import film
from triage.domain.assessment import Placement
from triage.infer.input import InputSpec, centred, letterbox, network_input, normalise


@pytest.mark.parametrize(
    "shape", [(2000, 1000), (1000, 2000), (64, 64), (30, 20), (5000, 1), (3, 7)]
)
def test_the_film_fills_the_longer_side_and_stays_inside(shape: tuple[int, int]) -> None:
    box = centred(shape, 64)

    assert max(box.rows, box.columns) == 64
    assert 0 <= box.top <= 64 - box.rows - box.top <= box.top + 1
    assert 0 <= box.left <= 64 - box.columns - box.left <= box.left + 1


def test_the_aspect_of_the_film_is_kept() -> None:
    box = centred((2500, 2048), 224)

    assert box.rows / box.columns == pytest.approx(2500 / 2048, abs=1 / 183)


def test_the_placement_says_where_the_film_lies() -> None:
    square, placement = letterbox(film(np.ones((200, 100), np.float32)), 64)

    assert placement == Placement(top=0.0, left=0.25, height=1.0, width=0.5)
    assert square[:, 16:48].eq(1).all()


def test_the_rest_of_the_input_is_black() -> None:
    square, _ = letterbox(film(np.ones((200, 100), np.float32)), 64)

    assert square[:, :16].eq(0).all()
    assert square[:, 48:].eq(0).all()


def test_no_border_of_the_film_is_cropped() -> None:
    pixels = np.zeros((128, 256), np.float32)
    pixels[-1], pixels[:, -1] = 1, 1

    square, _ = letterbox(film(pixels), 64)

    assert square[47].gt(0).all()
    assert square[16:48, 63].gt(0).all()


def test_a_film_smaller_than_the_input_is_enlarged_without_being_rendered_larger() -> None:
    square, placement = letterbox(film(np.full((20, 40), 0.5, np.float32)), 64)

    assert placement.height == 0.5
    assert square[16:48].eq(0.5).all()


def test_a_film_that_is_long_and_thin_is_shrunk_on_one_side_only() -> None:
    square, _ = letterbox(film(np.ones((640, 1), np.float32)), 64)

    assert square.sum() == 64


def test_three_equal_channels_are_normalised_by_their_own_mean_and_deviation() -> None:
    spec = InputSpec(size=32, mean=(0.1, 0.2, 0.3), deviation=(1.0, 2.0, 4.0))

    batch = normalise(torch.full((1, 32, 32), 0.5), spec)

    assert batch.shape == (1, 3, 32, 32)
    torch.testing.assert_close(batch[0, :, 7, 9], torch.tensor([0.4, 0.15, 0.05]))


def test_the_network_sees_the_normalised_letterbox() -> None:
    spec = InputSpec(size=32)
    drawn = film(np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64))

    tensor, placement = network_input(drawn, spec)

    square, where = letterbox(drawn, 32)
    assert placement == where
    assert torch.equal(tensor, normalise(square[None], spec)[0])


def test_an_input_without_deviation_is_refused() -> None:
    with pytest.raises(ValueError, match="deviation 0: above 0"):
        InputSpec(deviation=(1, 0, 1))


def test_an_input_too_small_for_the_network_is_refused() -> None:
    with pytest.raises(ValueError, match="input size 31: at least 32"):
        InputSpec(size=31)
