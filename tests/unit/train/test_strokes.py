import numpy as np

from triage.train.strokes import grid, oval, soft


def test_an_oval_is_one_inside_and_nothing_outside() -> None:
    y, x = grid(65)

    drawn = oval(x, y, (0, 0), (0.5, 0.25), edge=60)

    assert drawn[32, 32] > 0.99  # the middle
    assert drawn[32, 44] > 0.9  # inside, across
    assert drawn[44, 32] < 0.01  # as far down, outside


def test_a_soft_picture_stays_within_black_and_white() -> None:
    made = soft(np.full((16, 16), 2.0), np.random.default_rng(0))

    assert made.dtype == np.float32
    assert 0 <= made.min() <= made.max() <= 1
