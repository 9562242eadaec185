import numpy as np
import pytest

from triage.domain.errors import UnusableList
from triage.train.folds import OTHERS, deal_patients, leave_collections_out

COLLECTIONS = ["a"] * 4 + ["b"] * 6 + ["c", "d"]
PATIENTS = [f"P{number}" for number in range(12)]


def test_each_collection_is_held_out_and_the_small_ones_together() -> None:
    folds = leave_collections_out(PATIENTS, COLLECTIONS, smallest=2)

    assert [(fold.collection, len(fold.held)) for fold in folds] == [
        ("b", 6),
        ("a", 4),
        (OTHERS, 2),
    ]


def test_a_fold_is_fitted_to_all_other_films() -> None:
    first, *_ = leave_collections_out(PATIENTS, COLLECTIONS, smallest=2)

    assert first.held.tolist() == [4, 5, 6, 7, 8, 9]
    assert first.trained.tolist() == [0, 1, 2, 3, 10, 11]


def test_no_film_of_a_held_patient_is_fitted_to() -> None:
    patients = ["P4" if number == 0 else name for number, name in enumerate(PATIENTS)]

    first, *_ = leave_collections_out(patients, COLLECTIONS, smallest=2)

    assert first.trained.tolist() == [1, 2, 3, 10, 11]


def test_without_small_collections_there_is_no_pool() -> None:
    folds = leave_collections_out(PATIENTS, COLLECTIONS, smallest=1)

    assert [fold.collection for fold in folds] == ["b", "a", "c", "d"]


def test_a_collection_called_like_the_pool_is_in_it() -> None:
    folds = leave_collections_out(PATIENTS, [OTHERS] * 4 + COLLECTIONS[4:], smallest=2)

    assert [(fold.collection, len(fold.held)) for fold in folds] == [("b", 6), (OTHERS, 6)]


@pytest.mark.parametrize(
    ("collections", "smallest"), [(["a"] * 12, 2), (COLLECTIONS, 99)], ids=["one", "pool"]
)
def test_one_fold_is_none(collections: list[str], smallest: int) -> None:
    with pytest.raises(UnusableList, match="collections to leave out 1: at least 2"):
        leave_collections_out(PATIENTS, collections, smallest=smallest)


def test_a_fold_without_films_to_fit_to_is_refused() -> None:
    with pytest.raises(UnusableList, match="not in the collection b 0: at least 1"):
        leave_collections_out(["P1"] * 12, COLLECTIONS, smallest=2)


def test_parts_differ_by_one_patient_at_most() -> None:
    patients = [f"P{number % 13}" for number in range(100)]

    parts = deal_patients(patients, parts=5)

    pairs = set(zip(patients, parts.tolist(), strict=True))
    assert sorted(np.bincount([part for _, part in pairs])) == [2, 2, 3, 3, 3]
