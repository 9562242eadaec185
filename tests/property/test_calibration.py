"""Calibration moves probabilities, never the order of two films; a wish is met or refused."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from triage.domain.scaling import Scaling
from triage.evaluate.wish import Aim, Wish

thousandths = st.integers(0, 999).map(lambda n: n / 1000)
films = arrays(np.float64, st.integers(4, 60), elements=thousandths)
scalings = st.builds(Scaling, st.floats(0.01, 3), st.floats(-20, 5))
shares = st.floats(0.01, 0.99)


@given(scalings, films)
def test_no_two_films_change_places(scaling: Scaling, scores: NDArray[np.float64]) -> None:
    order = np.argsort(scores, kind="stable")

    assert (np.diff(scaling.of(scores)[order]) >= 0).all()


@given(scalings, st.floats(0, 1))
def test_a_film_is_scaled_alike_alone_and_in_company(scaling: Scaling, score: float) -> None:
    alone, beside = scaling.of(np.array(score)), scaling.of(np.array([0.1, score, 0.7, 0.2, 0.9]))

    assert float(alone) == beside[1]


@given(scalings, films, shares)
def test_a_wished_specificity_is_kept_after_scaling(
    scaling: Scaling, scores: NDArray[np.float64], share: float
) -> None:
    scaled, present = scaling.of(scores), np.arange(scores.size) % 2 == 0

    threshold = Wish(Aim.SPECIFICITY, share).threshold(scaled, present, label="tumour")

    assert (scaled[~present] < threshold).mean() >= share


@given(scalings, films, shares)
def test_a_wished_sensitivity_is_reached_after_scaling(
    scaling: Scaling, scores: NDArray[np.float64], share: float
) -> None:
    scaled, present = scaling.of(scores), np.arange(scores.size) % 2 == 0

    threshold = Wish(Aim.SENSITIVITY, share).threshold(scaled, present, label="tumour")

    assert (scaled[present] >= threshold).mean() >= share


@given(scalings, films, shares)
def test_a_flag_rate_is_never_exceeded_after_scaling(
    scaling: Scaling, scores: NDArray[np.float64], share: float
) -> None:
    scaled, present = scaling.of(scores), np.arange(scores.size) % 2 == 0

    threshold = Wish(Aim.FLAG_RATE, share).threshold(scaled, present, label="tumour")

    assert (scaled >= threshold).mean() <= share
