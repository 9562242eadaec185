import numpy as np
import pytest

from triage.train.drawing import DRAWINGS


@pytest.mark.parametrize("kind", sorted(DRAWINGS))
def test_a_drawing_is_a_square_that_repeats_with_its_seed(kind: str) -> None:
    made = [DRAWINGS[kind](48, np.random.default_rng(2)) for _ in range(2)]

    assert (made[0].shape, made[0].dtype) == ((48, 48), np.dtype(np.float32))
    assert 0 <= made[0].min() < made[0].max() <= 1
    assert np.array_equal(made[0], made[1])
