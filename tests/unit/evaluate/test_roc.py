import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from triage.domain.ranking import auroc
from triage.evaluate.roc import auroc_and_precision, curve, rank

FILMS = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 3)), min_size=1)


def precision_by_the_letter(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Precision times the step in sensitivity, threshold by threshold."""
    total, before = 0.0, 0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        called = scores >= threshold
        hits = int((called & present).sum())
        total += (hits - before) / present.sum() * hits / called.sum()
        before = hits
    return total


@given(FILMS)
def test_a_weight_counts_a_film_so_many_times(films: list[tuple[int, bool, int]]) -> None:
    films = sorted(films, reverse=True)
    scores = np.array([score / 6 for score, _, _ in films])
    present, weights = np.array([p for _, p, _ in films]), np.array([w for _, _, w in films])
    again, there = np.repeat(scores, weights), np.repeat(present, weights)

    area, average = auroc_and_precision(rank(scores, present), weights[:, None].astype(np.float32))

    assert area[0] == pytest.approx(auroc(again, there), abs=1e-12, nan_ok=True)
    letter = precision_by_the_letter(again, there) if there.any() else np.nan
    assert average[0] == pytest.approx(letter, abs=1e-12, nan_ok=True)


def test_each_column_of_weights_is_a_measurement_of_its_own() -> None:
    scores, present = np.array([0.9, 0.8, 0.1]), np.array([True, False, True])
    weights = np.array([[1, 1], [1, 1], [1, 0]], dtype=np.float32)

    area, average = auroc_and_precision(rank(scores, present), weights)

    assert area.tolist() == [0.5, 1.0]
    assert average.tolist() == pytest.approx([(1 + 2 / 3) / 2, 1.0])


def test_the_curve_goes_from_corner_to_corner() -> None:
    scores, present = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, True, False, False])

    drawn = curve(scores, present)

    assert drawn.false_positives.tolist() == [0.0, 0.0, 0.5, 1.0]
    assert drawn.sensitivity.tolist() == [0.0, 0.5, 1.0, 1.0]


@given(FILMS.filter(lambda films: len({present for _, present, _ in films}) > 1))
def test_the_area_under_the_curve_is_the_auroc(films: list[tuple[int, bool, int]]) -> None:
    scores = np.array([score / 6 for score, _, _ in films])
    present = np.array([p for _, p, _ in films])

    drawn = curve(scores, present)

    area = np.trapezoid(drawn.sensitivity, drawn.false_positives)
    assert area == pytest.approx(auroc(scores, present), abs=1e-12)
