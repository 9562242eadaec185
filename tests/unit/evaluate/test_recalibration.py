import numpy as np
import pytest

from triage.domain.errors import UnusableList
from triage.domain.scaling import Scaling
from triage.evaluate.bootstrap import Draws, draw
from triage.evaluate.cases import Answers
from triage.evaluate.folds import FOLDS, fold
from triage.evaluate.platt import Method, fit
from triage.evaluate.recalibration import Order, recalibrate
from triage.evaluate.wish import Aim, Wish

SPECIFIC = Wish(Aim.SPECIFICITY, 0.8)
URGENT = Wish(Aim.SPECIFICITY, 0.95)
COUNT = 400


@pytest.fixture(scope="module")
def draws() -> Draws:
    return draw(np.arange(COUNT) // 2, count=200, seed=0)


@pytest.fixture(scope="module")
def answers() -> Answers:
    """Films whose probabilities are far too high, of half as many patients."""
    noise = np.random.default_rng(8)
    truth = noise.random(COUNT)
    return Answers(np.arange(COUNT), Scaling(1.5, 2.0).of(truth), noise.random(COUNT) < truth)


def order(method: Method, *, urgent: Wish | None = None) -> Order:
    return Order(method, SPECIFIC, urgent, seed=0)


def test_platt_scaling_mends_what_was_wrong_on_films_it_has_not_seen(
    answers: Answers, draws: Draws
) -> None:
    found = recalibrate("tumour", answers, order(Method.PLATT), old=None, draws=draws)

    for measure in ("brier", "calibration_error"):
        before, after = found.before.estimates[measure].value, found.after[measure].interval
        assert before is not None
        assert after is not None
        assert after[1] < before


def test_what_it_says_unseen_is_not_what_it_says_of_its_own_films(
    answers: Answers, draws: Draws
) -> None:
    found = recalibrate("tumour", answers, order(Method.PLATT), old=None, draws=draws)

    (cut,) = found.cuts
    assert cut.seen["specificity"].value != cut.unseen["specificity"].value
    assert cut.unseen["specificity"].value == pytest.approx(0.8, abs=0.05)


def test_a_fifth_is_judged_by_what_the_others_give(answers: Answers, draws: Draws) -> None:
    found = recalibrate("tumour", answers, order(Method.PLATT), old=None, draws=draws)

    scores, folds = np.empty(COUNT), fold(draws.patients, answers.present, seed=0)
    for number in range(FOLDS):
        others = folds != number
        seen = answers.scores[others], answers.present[others]
        line = fit(*seen, method=Method.PLATT, label="tumour")
        scores[~others] = line.of(answers.scores[~others])
    brier = ((scores - answers.present) ** 2).mean()
    assert found.after["brier"].value == pytest.approx(brier, rel=1e-6)


def test_the_threshold_does_what_was_wished_on_the_very_films(
    answers: Answers, draws: Draws
) -> None:
    found = recalibrate("tumour", answers, order(Method.PLATT), old=None, draws=draws)

    assert found.scaling is not None
    called = found.scaling.of(answers.scores) >= found.cuts[0].threshold
    assert found.cuts[0].seen["specificity"].value == (~called[~answers.present]).mean() >= 0.8
    assert found.cuts[0].seen["flag_rate"].value == called.mean()


def test_a_wished_flag_rate_is_measured_on_films_that_it_has_not_seen(
    answers: Answers, draws: Draws
) -> None:
    wish = Order(Method.NONE, Wish(Aim.FLAG_RATE, 0.3), None, seed=0)

    (cut,) = recalibrate("tumour", answers, wish, old=None, draws=draws).cuts

    seen, unseen = cut.seen["flag_rate"], cut.unseen["flag_rate"]
    assert seen.value == pytest.approx(0.3, abs=0.01)
    assert unseen.value == pytest.approx(0.3, abs=0.05)
    assert seen.interval is not None
    assert unseen.interval is not None
    assert unseen.interval[0] < 0.3 < unseen.interval[1]


@pytest.mark.parametrize("method", list(Method))
def test_urgent_is_a_second_higher_threshold(
    answers: Answers, draws: Draws, method: Method
) -> None:
    found = recalibrate("tumour", answers, order(method, urgent=URGENT), old=None, draws=draws)

    flagged, urgent = found.cuts
    assert flagged.threshold < urgent.threshold
    assert urgent.seen["specificity"].value == pytest.approx(0.95, abs=0.01)
    assert urgent.wish is URGENT


def test_urgent_that_asks_for_less_is_refused_by_name(answers: Answers, draws: Draws) -> None:
    wish = Wish(Aim.SENSITIVITY, 0.99)

    with pytest.raises(UnusableList, match=r"tumour: the threshold of urgent sensitivity 0\.99 is"):
        recalibrate("tumour", answers, order(Method.NONE, urgent=wish), old=None, draws=draws)


def test_without_scaling_the_line_stays(answers: Answers, draws: Draws) -> None:
    old = Scaling(0.5, -1.0)

    found = recalibrate("tumour", answers, order(Method.NONE), old=old, draws=draws)

    assert found.scaling is old
    assert found.after["brier"] == found.before.estimates["brier"]


def test_a_new_line_does_not_depend_on_the_old_one(answers: Answers, draws: Draws) -> None:
    lines = [
        recalibrate("tumour", answers, order(Method.PLATT), old=old, draws=draws).scaling
        for old in (None, Scaling(0.5, -1.0))
    ]

    assert lines[0] == lines[1]


def test_too_few_positive_patients_leave_the_unseen_undefined_and_say_so(draws: Draws) -> None:
    scores = np.linspace(0.1, 0.9, COUNT)
    one = Answers(np.arange(COUNT), scores, np.arange(COUNT) >= COUNT - 2)

    found = recalibrate("tumour", one, order(Method.PLATT), old=None, draws=draws)

    assert found.after["brier"].why == "too few patients of one kind"
    assert found.cuts[0].unseen["specificity"].value is None
    assert found.cuts[0].seen["specificity"].value is not None


def test_a_fold_that_cannot_be_fitted_leaves_the_unseen_undefined(draws: Draws) -> None:
    present = np.isin(np.arange(COUNT), [0, 1, COUNT - 2, COUNT - 1])
    scores = np.linspace(0.1, 0.9, COUNT) + np.where(np.arange(COUNT) >= COUNT - 2, 0.05, 0)

    found = recalibrate(
        "tumour",
        Answers(np.arange(COUNT), scores, present),
        order(Method.PLATT),
        old=None,
        draws=draws,
    )

    assert "not without a fifth of the patients: platt scaling of tumour: slope" in (
        found.after["brier"].why
    )
