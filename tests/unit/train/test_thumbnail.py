import numpy as np
import pytest
import torch
from torch import Tensor

from triage.domain.errors import UnusableList
from triage.domain.ranking import auroc
from triage.train.thumbnail import Baseline, fit, scores

FILMS = 200
PATIENTS = [f"P{number // 2}" for number in range(FILMS)]
SIGNAL, NOISE, WRONG, UNKNOWN, NEVER, ALWAYS, NOWHERE = range(7)


def squares(present: Tensor, *, seed: int) -> Tensor:
    """Draw noise that is brighter in its upper left where something is present.

    The lower border is black in every film, as letter-boxing leaves it.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(0, 200, (len(present), 32, 32), generator=generator)
    drawn[:, :8, :8] += (40 * present.long())[:, None, None]
    drawn[:, 28:] = 0
    return drawn.to(torch.uint8)


def truths(seed: int) -> Tensor:
    """Draw which films have it."""
    return torch.rand(FILMS, generator=torch.Generator().manual_seed(seed)) < 0.3


def answers() -> Tensor:
    """Make one label per way of being told the truth, (films, 7)."""
    signal, half = truths(0).float(), torch.arange(FILMS) % 2 == 0
    return torch.stack(
        [
            signal,
            truths(5).float(),
            torch.where(half, 1 - signal, signal),
            torch.where(half, torch.nan, signal),
            torch.zeros(FILMS),
            torch.ones(FILMS),
            torch.full((FILMS,), torch.nan),
        ],
        dim=1,
    )


@pytest.fixture(scope="module")
def films() -> Tensor:
    return squares(truths(0), seed=1)


@pytest.fixture(scope="module")
def baseline(films: Tensor) -> Baseline:
    return fit(films, answers(), patients=PATIENTS)


def judged(baseline: Baseline, label: int) -> float:
    """Return the AUROC of a label on films that the fit has not seen."""
    found = scores(baseline, squares(truths(9), seed=10))[:, label]
    return auroc(found, truths(9).numpy())


def test_what_a_thumbnail_shows_is_learnt(baseline: Baseline) -> None:
    assert judged(baseline, SIGNAL) > 0.9


def test_answers_of_other_films_teach_nothing(baseline: Baseline) -> None:
    assert judged(baseline, NOISE) < 0.7


def test_an_unknown_target_has_no_say(baseline: Baseline) -> None:
    assert judged(baseline, UNKNOWN) > 0.85
    assert judged(baseline, WRONG) < 0.7


@pytest.mark.parametrize("label", [NEVER, ALWAYS, NOWHERE])
def test_a_label_of_one_kind_gets_one_score(baseline: Baseline, label: int) -> None:
    found = scores(baseline, squares(truths(9), seed=10))[:, label]

    assert np.isfinite(found).all()
    assert np.ptp(found) < 0.01


def test_noise_is_held_down_more_than_a_signal(baseline: Baseline) -> None:
    assert baseline.penalties[NOISE] > baseline.penalties[SIGNAL]


def test_the_loss_is_flat_where_the_fit_ends(films: Tensor, baseline: Baseline) -> None:
    grays = (films.flatten(1).double() / 255 - baseline.mean) / baseline.deviation
    features = torch.cat([grays, torch.ones(FILMS, 1).double()], dim=1)

    wrong = torch.from_numpy(scores(baseline, films)[:, SIGNAL]) - truths(0).double()
    pull = baseline.penalties[SIGNAL] * baseline.weights[:, SIGNAL]

    assert float((features.T @ wrong / FILMS + pull).abs().max()) < 1e-4
    assert float(pull.abs().max()) > 1e-2


def test_a_label_depends_on_no_other_and_not_on_the_run(films: Tensor, baseline: Baseline) -> None:
    alone = fit(films, answers()[:, :1], patients=PATIENTS)

    torch.testing.assert_close(alone.weights, baseline.weights[:, :1], atol=1e-4, rtol=0)
    assert alone.penalties == baseline.penalties[:1]


def test_a_larger_film_is_averaged(films: Tensor, baseline: Baseline) -> None:
    large = films.repeat_interleave(3, dim=1).repeat_interleave(3, dim=2)

    np.testing.assert_allclose(scores(baseline, large), scores(baseline, films), atol=1e-6)


def test_four_patients_are_too_few_for_the_folds(films: Tensor) -> None:
    patients = [f"P{number % 4}" for number in range(FILMS)]

    with pytest.raises(UnusableList, match="patients 4: at least 5"):
        fit(films, answers(), patients=patients)
