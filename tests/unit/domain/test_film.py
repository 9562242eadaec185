import numpy as np
from numpy.typing import NDArray

from triage.domain.film import Box, Film

STORED = np.arange(12, dtype=np.uint16).reshape(3, 4)


def film() -> Film:
    """A film whose display halves, and whose resampling keeps the corner."""

    def corner(stored: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
        return stored[: size[0], : size[1]].astype(np.float32)

    return Film(stored=STORED, display=lambda values: values * np.float32(0.5), resample=corner)


def test_a_films_shape_is_rows_and_columns() -> None:
    assert film().shape == (3, 4)


def test_a_film_is_rendered_as_it_is_stored() -> None:
    rendered = film().render()

    assert rendered.dtype == np.float32
    assert np.array_equal(rendered, STORED / 2)


def test_a_film_is_resampled_before_it_is_displayed() -> None:
    rendered = film().render((1, 2))

    assert rendered.tolist() == [[0.0, 0.5]]


def test_a_films_own_size_needs_no_resampling() -> None:
    assert np.array_equal(film().render((3, 4)), film().render())


def test_a_part_of_a_film_is_rendered_as_a_film_of_its_own() -> None:
    part = Box(top=1, left=1, rows=2, columns=3)

    rendered = film().render(box=part)

    assert np.array_equal(rendered, STORED[1:, 1:] / 2)


def test_a_part_of_a_film_is_cut_out_before_it_is_resampled() -> None:
    rendered = film().render((1, 2), box=Box(top=1, left=1, rows=2, columns=3))

    assert rendered.tolist() == [[2.5, 3.0]]
