import numpy as np
import pytest

from triage.domain.ranking import auroc, operating_point, threshold_above, threshold_within

PRESENT = np.array([False] * 10 + [True] * 5)
SCORES = np.array([*np.linspace(0.0, 0.9, 10), 0.05, 0.75, 0.81, 0.95, 0.99])


def test_a_perfect_ranking_has_an_auroc_of_one() -> None:
    assert auroc(np.array([0.1, 0.2, 0.3]), np.array([False, False, True])) == 1.0


def test_ties_count_half() -> None:
    assert auroc(np.zeros(4), np.array([True, False, True, False])) == 0.5


def test_the_area_is_the_share_of_pairs_that_are_in_order() -> None:
    scores = np.random.default_rng(3).integers(0, 9, 60) / 9
    present = np.arange(60) % 3 == 0

    pairs = [(a > b) + (a == b) / 2 for a in scores[present] for b in scores[~present]]

    assert auroc(scores, present) == pytest.approx(np.mean(pairs), abs=1e-12)


def test_an_auroc_without_positives_is_no_number() -> None:
    assert np.isnan(auroc(np.zeros(3), np.zeros(3, dtype=bool)))


def test_the_threshold_keeps_the_wished_share_of_negatives_below() -> None:
    point = operating_point(SCORES, PRESENT, specificity=0.80)

    assert point.specificity == 0.8
    assert point.threshold == pytest.approx(0.75)


def test_sensitivity_counts_the_positives_that_reach_the_threshold() -> None:
    point = operating_point(SCORES, PRESENT, specificity=0.80)

    assert point.sensitivity == pytest.approx(4 / 5)
    assert (point.positives, point.negatives) == (5, 10)


def test_equal_negatives_stay_below_together() -> None:
    scores, present = np.array([0.2, 0.5, 0.5, 0.5, 0.9]), np.array([False] * 4 + [True])

    point = operating_point(scores, present, specificity=0.5)

    assert point.specificity == 1.0


def test_the_highest_negative_may_have_to_stay_below() -> None:
    point = operating_point(SCORES, PRESENT, specificity=0.99)

    assert point.threshold == pytest.approx(0.95)
    assert point.specificity == 1.0


def test_films_of_one_kind_have_no_operating_point() -> None:
    with pytest.raises(ValueError, match="0 positives, 3 negatives: at least 1 each"):
        operating_point(np.zeros(3), np.zeros(3, dtype=bool), specificity=0.8)


@pytest.mark.parametrize(("share", "below"), [(0.07, 7), (0.55, 55), (0.801, 81), (0.001, 1)])
def test_the_fewest_scores_that_are_the_share_are_below(share: float, below: int) -> None:
    scores = np.arange(100) / 128

    assert (scores < threshold_above(scores, share=share)).sum() == below


@pytest.mark.parametrize(("share", "reaching"), [(0.07, 7), (0.55, 55), (0.801, 81), (0.001, 1)])
def test_the_fewest_scores_that_are_the_share_reach(share: float, reaching: int) -> None:
    scores = np.arange(100) / 128

    assert (scores >= threshold_within(scores, share=share)).sum() == reaching


def test_neighbours_with_no_number_between_them_are_told_apart() -> None:
    low = 0.5 - 2**-54
    scores = np.array([low, 0.5])

    assert (scores < threshold_above(scores, share=0.5)).tolist() == [True, False]
    assert (scores >= threshold_within(scores, share=0.5)).tolist() == [False, True]


def test_equal_scores_reach_a_threshold_together() -> None:
    scores = np.array([0.2, 0.5, 0.5, 0.5, 0.9])

    assert threshold_within(scores, share=0.4) == pytest.approx(0.35)
