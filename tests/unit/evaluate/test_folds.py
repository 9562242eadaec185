import numpy as np

from triage.evaluate.folds import FOLDS, fold

PATIENTS = np.random.default_rng(5).integers(0, 60, 200)
PRESENT = PATIENTS % 7 == 0


def test_a_patient_is_in_one_fold() -> None:
    folds = fold(PATIENTS, PRESENT, seed=0)

    assert folds is not None
    pairs = set(zip(PATIENTS.tolist(), folds.tolist(), strict=True))
    assert len(pairs) == len(set(PATIENTS.tolist()))


def test_every_fold_has_its_share_of_positive_patients() -> None:
    folds = fold(PATIENTS, PRESENT, seed=0)

    assert folds is not None
    ill = [len(set(PATIENTS[(folds == number) & PRESENT].tolist())) for number in range(FOLDS)]
    assert max(ill) - min(ill) <= 1
    assert sum(ill) == len(set(PATIENTS[PRESENT].tolist()))


def test_the_seed_deals() -> None:
    first, again, other = (fold(PATIENTS, PRESENT, seed=seed) for seed in (0, 0, 1))

    assert np.array_equal(np.asarray(first), np.asarray(again))
    assert not np.array_equal(np.asarray(first), np.asarray(other))


def test_one_positive_patient_cannot_be_dealt() -> None:
    assert fold(PATIENTS, np.isin(PATIENTS, PATIENTS[0]), seed=0) is None


def test_two_positive_patients_can() -> None:
    two = np.unique(PATIENTS)[:2]

    assert fold(PATIENTS, np.isin(PATIENTS, two), seed=0) is not None
