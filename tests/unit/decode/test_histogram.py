import numpy as np

from triage.decode.histogram import sampled, spread


def test_half_a_percent_at_each_end_is_left_out() -> None:
    values = np.array([0] * 4 + [100] * 992 + [4095] * 4, np.float32)

    assert spread(values) == (100, 100)


def test_the_range_of_an_inverted_film_is_the_inverted_range() -> None:
    values = np.random.default_rng(1).normal(1000, 200, 5000).astype(np.float32)

    low, high = spread(values)

    assert np.allclose(spread(4095 - values), (4095 - high, 4095 - low))


def test_padding_is_left_out() -> None:
    stored = np.array([[-2000, -2000, 1], [2, 3, -1999]], np.int16)

    assert sorted(sampled(stored, (-2000, -1999)).tolist()) == [1, 2, 3]


def test_a_film_of_padding_alone_still_has_values() -> None:
    assert sampled(np.zeros((2, 2), np.uint8), (0, 0)).size == 4


def test_a_large_film_is_sampled() -> None:
    assert sampled(np.zeros((2048, 4096), np.uint8), None).size == 256 * 512
