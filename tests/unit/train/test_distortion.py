import numpy as np
import pytest

from triage.train.distortion import DISTORTIONS, varied


@pytest.mark.parametrize("kind", sorted(DISTORTIONS))
def test_a_distortion_is_another_square_and_repeats_with_its_seed(kind: str) -> None:
    square = np.random.default_rng(1).random((64, 64), dtype=np.float32)

    made = [DISTORTIONS[kind](square, np.random.default_rng(2)) for _ in range(2)]

    assert made[0].shape == square.shape
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], square)


def test_a_varied_film_stays_within_black_and_white() -> None:
    random = np.random.default_rng(3)
    square = random.random((64, 64), dtype=np.float32)

    made = np.stack([varied(square, random) for _ in range(30)])

    assert made.dtype == np.float32
    assert (made.min(), made.max()) >= (0, 0)
    assert made.max() <= 1
