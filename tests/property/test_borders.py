"""Laws of borders: what is put around a film does not reach the network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.builders.tools import BESIDE, needs_films
from tests.unit.infer.films import film
from triage.decode.film import read
from triage.domain.film import Box
from triage.infer.collimation import field
from triage.infer.input import letterbox

REAL = [
    "cxr/val/nih_00007825_003.jpg",
    "dicom/NIH_Google_DX.dcm",
    "dicom/RSNA_like_CR_PA_JPEGbaseline.dcm",
    "dicom/RG1_JPEGLS_near.dcm",
]

bars = st.integers(0, 40)


def bordered(
    stored: NDArray[np.generic], gray: float, sides: tuple[int, int, int, int]
) -> NDArray[np.generic]:
    """Put bars of a gray above, below, left and right."""
    top, bottom, left, right = sides
    return np.pad(stored, ((top, bottom), (left, right)), constant_values=gray)


@given(gray=st.floats(0, 1, width=32), sides=st.tuples(bars, bars, bars, bars))
def test_the_field_of_a_film_does_not_depend_on_its_borders(
    gray: float, sides: tuple[int, int, int, int]
) -> None:
    pixels = np.random.default_rng(8).random((120, 100), dtype=np.float32)

    found = field(film(np.asarray(bordered(pixels, gray, sides), np.float32)))

    assert found == Box(sides[0], sides[2], 120, 100)


@needs_films
@pytest.mark.parametrize("file", REAL)
@pytest.mark.parametrize("end", [0.0, 1.0])
def test_borders_around_a_real_film_do_not_reach_the_network(file: str, end: float) -> None:
    real = read(BESIDE / file)
    low, high = int(real.stored.min()), int(real.stored.max())

    around = bordered(real.stored, low + end * (high - low), (40, 20, 10, 60))

    square, _ = letterbox(replace(real, stored=around), 224)
    assert torch.equal(square, letterbox(real, 224)[0])
