import numpy as np
import pytest

from triage.domain.errors import UnusableList
from triage.evaluate.wish import Aim, Wish

NOISE = np.random.default_rng(3)
PRESENT = np.arange(120) % 4 == 0
SCORES = 0.7 * NOISE.random(120) + 0.3 * PRESENT


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8, 0.99])
def test_a_wished_specificity_is_reached_by_the_lowest_threshold(share: float) -> None:
    threshold = Wish(Aim.SPECIFICITY, share).threshold(SCORES, PRESENT, label="tumour")

    below = SCORES[~PRESENT] < threshold
    assert below.mean() >= share > (below.sum() - 1) / below.size


@pytest.mark.parametrize("share", [0.05, 0.5, 0.8, 0.99])
def test_a_wished_sensitivity_is_reached_by_the_highest_threshold(share: float) -> None:
    threshold = Wish(Aim.SENSITIVITY, share).threshold(SCORES, PRESENT, label="tumour")

    caught = SCORES[PRESENT] >= threshold
    assert caught.mean() >= share > (caught.sum() - 1) / caught.size


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.95])
def test_a_flag_rate_is_not_exceeded(share: float) -> None:
    threshold = Wish(Aim.FLAG_RATE, share).threshold(SCORES, PRESENT, label="tumour")

    flagged = int(np.greater_equal(SCORES, threshold).sum())
    assert flagged <= share * SCORES.size < flagged + 1


@pytest.mark.parametrize("aim", [Aim.SPECIFICITY, Aim.SENSITIVITY])
def test_a_wish_for_all_of_one_kind_costs_no_more_of_the_other_than_it_must(aim: Aim) -> None:
    scores, present = np.array([0.1, 0.2, 0.4, 0.6]), np.array([False, False, True, True])

    assert Wish(aim, 0.99).threshold(scores, present, label="tumour") == pytest.approx(0.3)


def test_a_share_that_is_met_exactly_is_met() -> None:
    scores, present = np.arange(11) / 16, np.arange(11) == 0

    assert Wish(Aim.SPECIFICITY, 0.1).threshold(scores, present, label="tumour") == 1.5 / 16


@pytest.mark.parametrize("aim", list(Aim))
@pytest.mark.parametrize("kind", [True, False])
def test_a_wish_on_films_of_one_kind_is_refused_by_name(aim: Aim, kind: bool) -> None:
    with pytest.raises(UnusableList, match=r"tumour: [03] of 3 films have it"):
        Wish(aim, 0.5).threshold(np.zeros(3), np.full(3, kind), label="tumour")


@pytest.mark.parametrize("wish", [Wish(Aim.SPECIFICITY, 0.6), Wish(Aim.FLAG_RATE, 0.1)], ids=str)
def test_films_that_are_certain_cannot_be_kept_below(wish: Wish) -> None:
    scores, present = np.array([0.1, 1.0, 1.0]), np.array([False, False, True])

    with pytest.raises(UnusableList, match=r"of tumour: no threshold does it, 2 of 3 films"):
        wish.threshold(scores, present, label="tumour")


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 80.0, float("nan")])
def test_a_wish_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match=r"specificity .*: above 0 and below 1"):
        Wish(Aim.SPECIFICITY, share)


def test_a_wish_is_written_as_options_write_it() -> None:
    assert str(Wish(Aim.FLAG_RATE, 0.1)) == "flag-rate 0.1"
