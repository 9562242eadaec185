import numpy as np
import pytest

from triage.decode.resample import area


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.float32])
def test_averages_are_not_rounded(dtype: type[np.generic]) -> None:
    values = np.array([[0, 1], [0, 0]], dtype=dtype)

    assert area(values, (1, 1)).tolist() == [[0.25]]


def test_the_size_is_rows_and_columns() -> None:
    smaller = area(np.zeros((40, 60), np.uint16), (20, 30))

    assert smaller.shape == (20, 30)


def test_the_mean_stays() -> None:
    values = np.random.default_rng(1).integers(0, 65536, (100, 70)).astype(np.uint16)

    assert area(values, (33, 21)).mean() == pytest.approx(values.mean(), rel=1e-4)
