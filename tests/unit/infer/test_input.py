import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.unit.infer.films import film
from triage.domain.assessment import Placement
from triage.infer.input import (
    InputSpec,
    centred,
    letterbox,
    network_input,
    normalise,
    shows_one_gray,
)


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


def body() -> NDArray[np.float32]:
    """Pixels without a border, smooth enough to be resampled."""
    down, across = np.mgrid[0:300, 0:240].astype(np.float32)
    return np.asarray(0.5 + 0.4 * np.sin(down / 9 + 1) * np.cos(across / 7), np.float32)


def bordered(gray: float, *, noise: float = 0) -> NDArray[np.float32]:
    """Put bars of a gray around it."""
    bars = np.full((400, 320), gray, np.float32)
    drawn = bars + np.random.default_rng(3).normal(0, noise, bars.shape).astype(np.float32)
    drawn[70:370, 10:250] = body()
    return np.clip(drawn, 0, 1)


@pytest.mark.parametrize("gray", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("noise", [0.0, 2 / 255])
def test_borders_do_not_reach_the_network(gray: float, noise: float) -> None:
    alone, _ = letterbox(film(body()), 64)

    square, _ = letterbox(film(bordered(gray, noise=noise)), 64)

    assert torch.equal(square, alone)


def test_a_film_with_borders_reaches_beyond_the_input() -> None:
    _, placement = letterbox(film(bordered(0.0)), 60)

    assert placement.top == pytest.approx(-70 / 300)
    assert placement.height == pytest.approx(400 / 300)
    assert placement.left == pytest.approx(0.1 - 10 / 300)
    assert placement.width == pytest.approx(320 / 300)


def test_what_was_cut_off_is_told() -> None:
    _, placement = letterbox(film(bordered(0.0)), 64)

    cut = placement.margins
    assert (cut.top, cut.left) == (70 / 400, 10 / 320)
    assert (cut.bottom, cut.right) == pytest.approx((30 / 400, 70 / 320))


def test_a_place_of_the_film_lies_where_it_lies_without_borders() -> None:
    _, whole = letterbox(film(bordered(0.0)), 64)
    _, alone = letterbox(film(body()), 64)

    down = whole.top + whole.height * (70 + 123) / 400
    across = whole.left + whole.width * (10 + 45) / 320

    assert down == pytest.approx(alone.top + alone.height * 123 / 300, abs=1e-9)
    assert across == pytest.approx(alone.left + alone.width * 45 / 240, abs=1e-9)


@pytest.mark.parametrize("shape", [(300, 240), (240, 300), (640, 1), (64, 64), (20, 33)])
@pytest.mark.parametrize("gray", [0.0, 0.3, 1.0])
def test_a_film_of_one_gray_shows_one(shape: tuple[int, int], gray: float) -> None:
    assert shows_one_gray(*letterbox(film(np.full(shape, gray, np.float32)), 64))


def test_noise_below_a_level_is_still_one_gray() -> None:
    noise = np.random.default_rng(3).uniform(0.5, 0.5 + 0.9 / 255, (64, 64))

    assert shows_one_gray(*letterbox(film(noise.astype(np.float32)), 64))


@pytest.mark.parametrize("other", [2 / 255, np.nan])
def test_one_other_pixel_makes_a_film_of_more_than_one_gray(other: float) -> None:
    pixels = np.zeros((64, 64), np.float32)
    pixels[30, 50] = other

    assert not shows_one_gray(*letterbox(film(pixels), 64))


def test_borders_around_a_film_do_not_count_and_do_not_hide_it() -> None:
    assert not shows_one_gray(*letterbox(film(bordered(0.0)), 64))


def test_a_network_of_one_channel_gets_one() -> None:
    spec = InputSpec(size=32, mean=(0.5,), deviation=(1 / 2048,))

    batch = normalise(torch.tensor([0.0, 0.5, 1.0])[:, None, None].expand(3, 32, 32), spec)

    assert batch.shape == (3, 1, 32, 32)
    assert batch[:, 0, 0, 0].tolist() == [-1024.0, 0.0, 1024.0]


@pytest.mark.parametrize(
    ("mean", "deviation"), [((), ()), ((0.5, 0.5), (1.0, 1.0)), ((0.5,), (1.0, 1.0, 1.0))]
)
def test_other_numbers_of_channels_are_refused(
    mean: tuple[float, ...], deviation: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="1 or 3 of each"):
        InputSpec(mean=mean, deviation=deviation)
