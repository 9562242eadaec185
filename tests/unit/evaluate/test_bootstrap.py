import numpy as np
import pytest
from numpy.typing import NDArray

from triage.evaluate.bootstrap import draw, interval, totals

EVERY = np.arange(6)


def total(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(weights.sum(axis=0, dtype=np.float64)[None])


def test_as_many_patients_are_drawn_as_there_are() -> None:
    draws = draw(EVERY, count=300, seed=1)

    assert set(draws.measure(total, films=EVERY)[0]) == {6.0}


def test_the_films_of_a_patient_are_drawn_together() -> None:
    draws = draw(np.array([0, 0, 1, 1, 2, 2]), count=40, seed=1)

    seen = draws.measure(lambda weights: weights.astype(np.float64), films=EVERY)

    assert (seen[0] == seen[1]).all()
    assert (seen[0] != seen[2]).any()


def test_many_draws_are_measured_a_part_at_a_time_and_all_of_them() -> None:
    draws = draw(EVERY, count=601, seed=1)

    seen = draws.measure(total, films=EVERY)

    assert [part.shape[1] for part in draws.counts] == [250, 250, 101]
    assert (len(draws), seen.shape) == (601, (1, 601))


def test_a_seed_gives_the_same_draws_and_another_gives_others() -> None:
    first, again, other = (draw(EVERY, count=9, seed=seed).counts[0] for seed in (4, 4, 5))

    assert (first == again).all()
    assert (first != other).any()


def test_the_interval_of_a_mean_is_that_of_theory() -> None:
    values = np.random.default_rng(2).normal(size=400)
    draws = draw(np.arange(400), count=2000, seed=3)

    means = draws.measure(lambda w: values[None] @ w / 400, films=np.arange(400))[0]

    low, high = interval(means) or (np.nan, np.nan)
    assert (high - low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.08)


def test_patients_with_many_films_widen_the_interval() -> None:
    values = np.repeat(np.random.default_rng(2).normal(size=40), 10)
    films = np.arange(400)

    widths = [
        np.ptp(
            interval(
                draw(who, count=500, seed=3).measure(
                    lambda w: values[None] @ w / w.sum(axis=0), films=films
                )[0]
            )
            or ()
        )
        for who in (np.repeat(np.arange(40), 10), films)
    ]

    assert widths[0] > 2 * widths[1]


def test_a_measure_that_is_often_undefined_has_no_interval() -> None:
    values = np.where(np.arange(100) < 6, np.nan, 0.5)

    assert interval(values) is None
    assert interval(values[1:]) is None  # 94 of 99
    assert interval(values[2:]) == (0.5, 0.5)  # 94 of 98


@pytest.mark.parametrize("count", [0, 1, 64, 65, 300])
def test_totals_are_the_product_of_rows_and_weights(count: int) -> None:
    noise = np.random.default_rng(count)
    rows, weights = noise.random((3, count)), noise.integers(0, 4, (count, 5)).astype(np.float64)

    assert totals(rows, weights) == pytest.approx(rows @ weights)
