import math

import numpy as np
import pytest

from triage.domain.quantile import percentiles

PERCENTS = (0, 0.5, 2, 50, 75, 98, 99.5, 100)


@pytest.mark.parametrize("number", [1, 2, 3, 100, 101, 94_520])
def test_percentiles_are_those_of_numpy(number: int) -> None:
    values = np.random.default_rng(number).normal(2000, 800, number).astype(np.float32)

    found = percentiles(values, *PERCENTS)

    assert found == pytest.approx(np.percentile(values.astype(np.float64), PERCENTS), rel=1e-9)


def test_the_shape_does_not_matter() -> None:
    values = np.random.default_rng(1).random((30, 40), dtype=np.float32)

    assert percentiles(values, 2, 98) == percentiles(values.ravel(), 2, 98)


def test_what_is_no_number_has_no_place_in_the_order() -> None:
    values = np.array([0, 1, 2, np.nan], np.float32)

    assert all(math.isnan(found) for found in percentiles(values, 0, 50))
