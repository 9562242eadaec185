"""What the network sees is what a reader sees, however a film is stored."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from tests.builders.twins import TOP, TWINS, Shown
from tests.unit.decode.headers import saved
from triage.decode.film import read
from triage.infer.input import letterbox

SIZE = 32
LARGEST_DIFFERENCE = 1 / 255


def network_sees(dataset: Dataset) -> np.ndarray:
    """(32, 32) within [0, 1], before it is normalised."""
    with TemporaryDirectory() as folder:
        film = read(saved(dataset, Path(folder) / "film"))
        return letterbox(film, SIZE)[0].numpy()


@st.composite
def pictures(draw: st.DrawFn) -> Shown:
    """A soft picture with noise over most of the 12 bits, with a window or without.

    The window is in quarters, which every twin's header can say to the last digit: one that
    is rounded shows another picture, and the borders of that may be cut elsewhere.
    """
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, columns = draw(st.integers(40, 90)), draw(st.integers(40, 90))
    slope = np.linspace(0.1, 0.9, rows)[:, None] * np.linspace(0.4, 1, columns)[None, :]
    noisy = slope + random.normal(0, 0.05, (rows, columns))
    return Shown(
        np.rint(noisy.clip(0, 1) * TOP).astype(np.uint16),
        center=draw(st.integers(4 * 1000, 4 * 3000)) / 4,
        width=draw(st.integers(4 * 400, 4 * 6000)) / 4,
        has_window=draw(st.booleans()),
    )


@pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS)
@given(shown=pictures())
def test_the_network_sees_no_difference_between_twins(twin: object, shown: Shown) -> None:
    assert callable(twin)

    difference = np.abs(network_sees(shown.dataset()) - network_sees(twin(shown)))

    assert difference.max() <= LARGEST_DIFFERENCE


@given(shown=pictures())
def test_a_twin_whose_window_was_not_mapped_would_be_noticed(shown: Shown) -> None:
    windowed = Shown(shown.values, center=1500, width=1500)
    wrong = Shown(shown.values, center=1500, width=1600)

    difference = np.abs(network_sees(windowed.dataset()) - network_sees(wrong.dataset()))

    assert difference.max() > LARGEST_DIFFERENCE
