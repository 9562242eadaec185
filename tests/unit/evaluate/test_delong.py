import numpy as np
import pytest
from numpy.typing import NDArray

from triage.domain.ranking import auroc
from triage.evaluate.delong import covariance, paired_difference

NOISE = np.random.default_rng(5)
PRESENT = np.arange(90) % 3 == 0
FIRST = np.round(NOISE.random(90) + 0.4 * PRESENT, 1)  # with ties
SECOND = np.round(0.5 * FIRST + NOISE.random(90), 2)


def components(scores: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The paper's kernel for every pair, and its means along either side."""
    above, below = scores[PRESENT][:, None], scores[~PRESENT][None, :]
    kernel = (above > below) + 0.5 * (above == below)
    return kernel.mean(axis=1), kernel.mean(axis=0)


def test_the_covariance_is_that_of_the_kernel_over_all_pairs() -> None:
    of_first, of_second = components(FIRST), components(SECOND)

    areas, spread = covariance(np.stack([FIRST, SECOND]), PRESENT)

    by_pairs = np.cov(of_first[0], of_second[0]) / 30 + np.cov(of_first[1], of_second[1]) / 60
    assert areas == pytest.approx([auroc(FIRST, PRESENT), auroc(SECOND, PRESENT)], abs=1e-12)
    assert spread == pytest.approx(by_pairs, abs=1e-12)


def test_a_score_beside_itself_has_no_difference_and_no_p_value() -> None:
    found = paired_difference(FIRST, FIRST, PRESENT)

    assert (found.value, found.p_value) == (0.0, None)


def test_the_difference_is_the_first_minus_the_second() -> None:
    there, back = (paired_difference(a, b, PRESENT) for a, b in [(FIRST, SECOND), (SECOND, FIRST)])

    assert there.value == pytest.approx(auroc(FIRST, PRESENT) - auroc(SECOND, PRESENT))
    assert there.value == -back.value
    assert there.p_value == pytest.approx(back.p_value)


def test_equal_models_differ_significantly_in_one_of_twenty_samples() -> None:
    noise = np.random.default_rng(17)
    samples = [(noise.random(60), noise.random(60), np.arange(60) < 25) for _ in range(600)]

    found = [paired_difference(*sample).p_value for sample in samples]

    assert 0.03 < np.mean([p is not None and p < 0.05 for p in found]) < 0.08


def test_one_film_of_a_kind_has_no_variance() -> None:
    with pytest.raises(ValueError, match="1 positives, 3 negatives: at least 2 each"):
        paired_difference(np.arange(4.0), np.arange(4.0), np.arange(4) < 1)
