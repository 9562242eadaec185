import numpy as np
import pytest
from numpy.typing import NDArray

from triage.evaluate.confusion import f1, flag_rate, kinds, sensitivity, specificity, tables

PRESENT = np.array([True, True, True, False, False, False, False])
CALLED = np.array([True, True, False, True, False, False, False])
ONCE = np.ones((7, 1))


def confusion(
    called: NDArray[np.bool_], present: NDArray[np.bool_], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    return tables(kinds(called, present) @ weights)


def test_the_table_has_the_truth_in_rows_and_the_call_in_columns() -> None:
    assert confusion(CALLED, PRESENT, ONCE).tolist() == [[[3, 1], [1, 2]]]


def test_a_film_that_was_drawn_twice_counts_twice() -> None:
    weights = np.array([[2.0, 0, 0, 0, 0, 0, 1]]).T

    assert confusion(CALLED, PRESENT, weights).tolist() == [[[1, 0], [0, 2]]]


def test_the_measures_are_shares_of_the_table() -> None:
    table = confusion(CALLED, PRESENT, ONCE)

    assert sensitivity(table) == pytest.approx([2 / 3])
    assert specificity(table) == pytest.approx([3 / 4])
    assert flag_rate(table) == pytest.approx([3 / 7])
    assert f1(table) == pytest.approx([2 / 3])  # precision 2/3, sensitivity 2/3


def test_no_film_with_the_finding_leaves_sensitivity_undefined() -> None:
    table = confusion(~CALLED, np.zeros(7, dtype=bool), ONCE)

    assert np.isnan(sensitivity(table)).all()
    assert f1(table).tolist() == [0.0]


def test_nothing_called_and_nothing_there_leaves_f1_undefined() -> None:
    assert np.isnan(f1(np.array([[[9.0, 0.0], [0.0, 0.0]]]))).all()
