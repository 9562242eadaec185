"""Whatever numbers a header tells, the display is a picture: black to white, never NaN."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.unit.decode.headers import GRADIENT, film
from triage.decode.grayscale import grayscale
from triage.decode.window import Function, sigmoid

FLOAT32 = np.finfo(np.float32)
EDGES = [0.0, 1.0, 2048.0, 1e-12, 1e12, 1e19, float(FLOAT32.max), float(FLOAT32.tiny), 1e300]
EDGES += [sys.float_info.max, sys.float_info.min, 5e-324]

numbers = st.sampled_from([*EDGES, *(-edge for edge in EDGES)]) | st.floats()
told = numbers.map(repr) | st.none()
words = st.sampled_from([np.uint16, np.int16])


def shown(dataset: Dataset, stored: NDArray[np.generic] = GRADIENT) -> NDArray[np.float32]:
    display, _ = grayscale(dataset, stored, signed=stored.dtype.kind == "i")
    return display(stored.astype(np.float32))


@given(
    center=told,
    width=told,
    slope=told,
    intercept=told,
    function=st.sampled_from(Function),
    word=words,
)
def test_no_header_makes_a_display_of_anything_but_black_to_white(
    *,
    center: str | None,
    width: str | None,
    slope: str | None,
    intercept: str | None,
    function: Function,
    word: type[np.integer],
) -> None:
    dataset = film(
        WindowCenter=center,
        WindowWidth=width,
        RescaleSlope=slope,
        RescaleIntercept=intercept,
        VOILUTFunction=function.value,
    )
    stored = (np.int64(16) * GRADIENT).astype(word)  # the whole range of the word, or its halves

    gray = shown(dataset, stored)

    assert 0 <= gray.min() <= gray.max() <= 1  # a NaN fails both
    assert gray.max() - gray.min() > 1 / 16


@given(
    entries=st.lists(numbers, min_size=2, max_size=8), keyword=st.sampled_from(["Modality", "VOI"])
)
def test_no_table_makes_a_display_of_anything_but_black_to_white(
    entries: list[float], keyword: str
) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), 0, 12])
    item.add_new("LUTData", "FD", entries)

    gray = shown(film(**{f"{keyword}LUTSequence": Sequence([item])}))

    assert 0 <= gray.min() <= gray.max() <= 1


def test_an_unbounded_width_would_be_noticed() -> None:
    with pytest.warns(RuntimeWarning):
        gray = sigmoid(np.array([0, 2048], np.float32), 2048, 1e-300)

    assert np.isnan(gray).any()
