from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator

from triage.train.distortion import Square
from triage.train.slices import belly_slice, chest_slice, head_slice, upright_slice

KINDS = (belly_slice, chest_slice, head_slice, upright_slice)


@pytest.mark.parametrize("draw", KINDS)
def test_a_slice_is_seen_through_several_windows(draw: Callable[[int, Generator], Square]) -> None:
    random = np.random.default_rng(4)

    seen = [draw(48, random) for _ in range(20)]

    assert all(0 <= each.min() < each.max() <= 1 for each in seen)
    assert np.ptp([each.mean() for each in seen]) > 0.2


def test_lungs_of_a_chest_are_darker_than_its_heart() -> None:
    random = np.random.default_rng(5)

    mean = np.mean([chest_slice(64, random) for _ in range(60)], axis=0)

    assert mean[30:36, 30:36].mean() > mean[28:36, 14:20].mean() + 0.1
