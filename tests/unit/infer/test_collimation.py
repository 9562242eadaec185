import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.infer.films import film
from triage.domain.film import Box
from triage.infer.collimation import field

Pixels = NDArray[np.float32]
NOISE = 3 / 255


def body(rows: int = 200, columns: int = 160) -> Pixels:
    """Pixels that show something everywhere."""
    return np.random.default_rng(5).random((rows, columns), dtype=np.float32)


def noisy(pixels: Pixels, deviation: float) -> Pixels:
    """Add noise, never the same twice over one film."""
    drawn = np.random.default_rng(6).normal(0, deviation, pixels.shape)
    return np.clip(pixels + drawn, 0, 1).astype(np.float32)


def bordered(pixels: Pixels, gray: float, sides: tuple[int, int, int, int]) -> Pixels:
    """Put bars above, below, left and right of a film."""
    top, bottom, left, right = sides
    return np.pad(pixels, ((top, bottom), (left, right)), constant_values=gray)


@pytest.mark.parametrize("gray", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(
    "sides", [(31, 0, 0, 0), (0, 0, 0, 17), (23, 8, 0, 0), (5, 0, 41, 2), (40, 30, 20, 10)]
)
def test_bars_on_any_side_are_found(gray: float, sides: tuple[int, int, int, int]) -> None:
    found = field(film(bordered(body(), gray, sides)))

    assert found == Box(sides[0], sides[2], 200, 160)


@pytest.mark.parametrize("gray", [0.0, 0.4, 1.0])
def test_noise_does_not_hide_a_bar(gray: float) -> None:
    bar = noisy(np.full((240, 200), gray, np.float32), NOISE)
    bar[30:230, 20:180] = body()

    assert field(film(bar)) == Box(30, 20, 200, 160)


def test_a_film_larger_than_what_is_looked_at_is_cut_at_its_very_edge() -> None:
    pixels = bordered(body(1711, 1201), 0.0, (303, 101, 7, 211))

    assert field(film(pixels)) == Box(303, 7, 1711, 1201)


def test_a_film_without_bars_is_whole() -> None:
    assert field(film(body())) == Box(0, 0, 200, 160)


def test_a_bar_inside_a_bar_is_found() -> None:
    pixels = bordered(bordered(body(), 1.0, (9, 0, 4, 0)), 0.0, (20, 10, 0, 3))

    assert field(film(pixels)) == Box(29, 4, 200, 160)


def test_what_shades_off_by_more_than_ten_gray_levels_goes_on() -> None:
    shades = np.linspace(0.5, 1, 60, dtype=np.float32)[:, None]
    pixels = np.concatenate([body(), np.broadcast_to(shades, (60, 160))])

    assert field(film(pixels)).rows == 255


def test_a_bar_may_wander_by_ten_gray_levels() -> None:
    shades = np.linspace(0.5, 0.5 + 10 / 255, 60, dtype=np.float32)[:, None]
    pixels = np.concatenate([body(), np.broadcast_to(shades, (60, 160))])

    assert field(film(pixels)) == Box(0, 0, 200, 160)


def levels(off: int, part: float) -> Pixels:
    """Lines of gray 100 of 255, a part of whose pixels is off by some levels, above a film."""
    lines = np.full((30, 160), 100, np.float32)
    lines[:, : round(part * 160)] += off
    return np.concatenate([lines / 255, body()]).astype(np.float32)


@pytest.mark.parametrize("part", [0.02, 0.05, 0.2, 0.45])
@pytest.mark.parametrize("off", range(3, 20))
def test_no_single_gray_level_decides_over_a_line_in_a_film_and_in_its_negative(
    off: int, part: float
) -> None:
    pixels = levels(off, part)

    assert field(film(pixels)) == field(film(1 - pixels))


def test_lines_of_a_few_weak_pixels_are_peeled_off_and_of_many_not() -> None:
    weak, many = levels(8, 0.1), levels(8, 0.4)

    assert (field(film(weak)).top, field(film(many)).top) == (30, 0)


def test_a_marker_keeps_its_bar() -> None:
    pixels = bordered(body(), 0.0, (40, 0, 0, 0))
    pixels[10:30, 20:28] = 1

    assert field(film(pixels)) == Box(10, 0, 230, 160)


def test_dead_pixels_hide_no_bar() -> None:
    pixels = bordered(body(), 0.0, (40, 0, 0, 0))
    pixels[::7, 50] = 1

    assert field(film(pixels)).top == 40


def test_half_of_a_side_is_cut_and_not_more() -> None:
    half, more = (bordered(body(), 0.0, (rows, 0, 0, 0)) for rows in (199, 203))

    assert field(film(half)).top == 199
    assert field(film(more)) == Box(0, 0, 403, 160)


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (64, 48), (700, 3)])
def test_a_blank_film_is_left_whole(shape: tuple[int, int]) -> None:
    assert field(film(np.full(shape, 0.3, np.float32))) == Box(0, 0, *shape)
