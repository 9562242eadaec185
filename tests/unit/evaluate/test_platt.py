import numpy as np
import pytest
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.scaling import Scaling, logit
from triage.evaluate.platt import Method, fit

NOISE = np.random.default_rng(11)
SCORES = NOISE.random(20_000)
FITTED = [Method.TEMPERATURE, Method.PLATT]


def loss(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    return float(-np.log(np.where(present, scores, 1 - scores)).mean())


@pytest.mark.parametrize(("slope", "intercept"), [(0.4, -1.5), (1.0, 0.0), (2.5, 0.7)])
def test_platt_scaling_finds_the_line_that_the_films_were_drawn_from(
    slope: float, intercept: float
) -> None:
    present = NOISE.random(SCORES.size) < Scaling(slope, intercept).of(SCORES)

    found = fit(SCORES, present, method=Method.PLATT, label="tumour")

    assert (found.slope, found.intercept) == pytest.approx((slope, intercept), abs=0.12)


def test_temperature_scaling_finds_the_slope_and_leaves_the_middle() -> None:
    present = NOISE.random(SCORES.size) < Scaling(0.4).of(SCORES)

    found = fit(SCORES, present, method=Method.TEMPERATURE, label="tumour")

    assert found.slope == pytest.approx(0.4, abs=0.02)
    assert found.intercept == 0


@pytest.mark.parametrize("method", FITTED)
def test_no_other_line_nearby_makes_the_truth_likelier(method: Method) -> None:
    present = NOISE.random(SCORES.size) < Scaling(0.4, -1.0).of(SCORES)

    found = fit(SCORES, present, method=method, label="tumour")

    best = loss(found.of(SCORES), present)
    for slope in (0.99, 1.01):
        assert loss(Scaling(found.slope * slope, found.intercept).of(SCORES), present) > best


@pytest.mark.parametrize("method", FITTED)
def test_a_perfect_ranking_still_gives_a_finite_line(method: Method) -> None:
    scores = np.array([0.1, 0.2, 0.7, 0.8])

    found = fit(scores, scores > 0.5, method=method, label="tumour").of(scores)

    assert 0 < found[0] < found[1] < 0.5 < found[2] < found[3] < 1


@pytest.mark.parametrize("method", FITTED)
def test_certain_scores_are_scaled_too(method: Method) -> None:
    scores = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.5])
    present = np.array([False, False, True, False, True, True])

    assert fit(scores, present, method=method, label="tumour").slope < 1


@pytest.mark.parametrize("method", FITTED)
def test_a_label_that_ranks_backwards_is_refused_by_name(method: Method) -> None:
    scores = np.linspace(0.1, 0.9, 50)

    with pytest.raises(UnusableList, match=f"{method} scaling of tumour: slope -.*above 0"):
        fit(scores, scores < 0.5, method=method, label="tumour")


def test_films_of_one_kind_are_refused_by_name() -> None:
    with pytest.raises(UnusableList, match="tumour: 0 of 2 films have it"):
        fit(np.array([0.1, 0.2]), np.zeros(2, bool), method=Method.PLATT, label="tumour")


def test_films_with_one_probability_are_refused_by_name() -> None:
    present = np.array([True, False, True])

    with pytest.raises(UnusableList, match="tumour: all 3 films have one probability: at least 2"):
        fit(np.full(3, 0.3), present, method=Method.PLATT, label="tumour")


def test_scores_that_stand_close_together_far_from_the_middle_are_fitted() -> None:
    scores = 1e-4 + 1e-7 * NOISE.random(5_000)
    lines = 1e3 * (logit(scores) - logit(scores).mean())
    present = NOISE.random(5_000) < 1 / (1 + np.exp(-lines))

    found = fit(scores, present, method=Method.PLATT, label="tumour")

    assert found.slope == pytest.approx(1e3, rel=0.2)
    assert found.of(scores).mean() == pytest.approx(present.mean(), abs=0.01)
