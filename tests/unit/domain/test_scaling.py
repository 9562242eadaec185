import numpy as np
import pytest

from triage.domain.scaling import Scaling, logit


def test_no_scaling_changes_nothing() -> None:
    scores = np.linspace(0.001, 0.999, 99)

    np.testing.assert_allclose(Scaling().of(scores), scores, rtol=1e-12)


def test_the_logit_of_what_is_scaled_is_a_line() -> None:
    scores = np.linspace(0.01, 0.99, 99)

    line = logit(Scaling(slope=0.5, intercept=-1.25).of(scores))

    np.testing.assert_allclose(line, 0.5 * logit(scores) - 1.25, rtol=1e-9)


@pytest.mark.parametrize("slope", [1e-3, 1.0, 1e6])
def test_certainty_stays_a_probability(slope: float) -> None:
    low, high = Scaling(slope=slope, intercept=3.0).of(np.array([0.0, 1.0]))

    assert 0 <= low < high <= 1


@pytest.mark.parametrize("slope", [0.0, -0.5, float("nan"), float("inf")])
def test_a_slope_that_turns_the_order_round_is_refused(slope: float) -> None:
    with pytest.raises(ValueError, match=r"slope .*: above 0, or the order of films turns round"):
        Scaling(slope=slope)


def test_an_intercept_is_a_number() -> None:
    with pytest.raises(ValueError, match="intercept nan: a finite number"):
        Scaling(intercept=float("nan"))
