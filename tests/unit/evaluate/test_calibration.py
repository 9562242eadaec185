import numpy as np
import pytest
from numpy.typing import NDArray

from triage.evaluate import calibration
from triage.evaluate.calibration import BINS, errors, reliability

ONCE = np.ones((4, 1))
SCORES = np.array([0.0, 0.5, 0.5, 1.0])
PRESENT = np.array([False, True, False, True])

Array = NDArray[np.float64]


def brier(scores: Array, present: NDArray[np.bool_], weights: Array) -> Array:
    return calibration.brier(errors(scores, present) @ weights, weights.sum(axis=0))


def calibration_error(scores: Array, present: NDArray[np.bool_], weights: Array) -> Array:
    return calibration.calibration_error(errors(scores, present) @ weights, weights.sum(axis=0))


def test_the_brier_score_is_the_mean_squared_error() -> None:
    assert brier(SCORES, PRESENT, ONCE).tolist() == [0.125]


def test_probabilities_that_hold_have_no_calibration_error() -> None:
    assert calibration_error(SCORES, PRESENT, ONCE).tolist() == [0.0]


def test_the_calibration_error_is_the_mean_distance_over_the_bins() -> None:
    scores = np.array([0.9, 0.9, 0.2, 0.2])

    found = calibration_error(scores, np.array([True, False, False, False]), ONCE)

    assert found == pytest.approx([0.5 * 0.4 + 0.5 * 0.2])


def test_films_in_one_bin_are_averaged_before_they_are_compared() -> None:
    apart = calibration_error(np.array([0.1, 0.9]), np.array([False, True]), np.ones((2, 1)))
    together = calibration_error(np.array([0.5, 0.5]), np.array([False, True]), np.ones((2, 1)))

    assert apart == pytest.approx([0.1])
    assert together == pytest.approx([0.0])


def test_weights_are_films_counted_again() -> None:
    weights, again = np.array([[0.0, 3.0, 1.0, 1.0]]).T, [1, 1, 1, 2, 3]

    assert brier(SCORES, PRESENT, weights) == pytest.approx(
        brier(SCORES[again], PRESENT[again], np.ones((5, 1)))
    )
    assert calibration_error(SCORES, PRESENT, weights) == pytest.approx(
        calibration_error(SCORES[again], PRESENT[again], np.ones((5, 1)))
    )


def test_a_weighting_without_films_has_no_error() -> None:
    assert np.isnan(brier(SCORES, PRESENT, np.zeros((4, 1)))).all()
    assert np.isnan(calibration_error(SCORES, PRESENT, np.zeros((4, 1)))).all()


def test_certainty_is_in_the_last_bin_and_empty_bins_are_no_number() -> None:
    found = reliability(SCORES, PRESENT)

    assert found.films.tolist() == [1, *[0] * 6, 2, *[0] * (BINS - 9), 1]
    assert (found.predicted[7], found.observed[7]) == (0.5, 0.5)
    assert np.isnan(found.observed[1])
