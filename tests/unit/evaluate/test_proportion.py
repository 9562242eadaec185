import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.evaluate.agreement import NORMAL_QUANTILE
from triage.evaluate.proportion import share

COUNTS = st.integers(1, 500).flatmap(lambda films: st.tuples(st.integers(0, films), st.just(films)))


@given(COUNTS)
def test_the_ends_solve_wilsons_equation(counts: tuple[int, int]) -> None:
    hits, films = counts

    interval = share(hits, films, why="").interval

    assert interval is not None
    for end in interval:
        distance = (hits / films - end) ** 2
        assert distance == pytest.approx(NORMAL_QUANTILE**2 * end * (1 - end) / films, abs=1e-12)


@given(COUNTS)
def test_the_interval_holds_the_share_and_stays_within_zero_and_one(
    counts: tuple[int, int],
) -> None:
    found = share(*counts, why="")

    assert found.value is not None
    assert found.interval is not None
    low, high = found.interval
    assert 0 <= low <= found.value + 1e-12
    assert found.value - 1e-12 <= high <= 1


def test_statsmodels_says_the_same_where_it_is_installed() -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    counts = [(hits, films) for films in (1, 7, 40, 999) for hits in (0, films // 3, films)]

    theirs = [proportion.proportion_confint(*each, method="wilson") for each in counts]

    ours = [share(*each, why="").interval or () for each in counts]
    assert np.ravel(ours) == pytest.approx(np.ravel(theirs), abs=1e-9)


def test_the_plain_interval_would_be_noticed() -> None:
    interval = share(10, 10, why="").interval

    assert interval is not None
    assert interval[0] < 0.75  # the plain one is a point


def test_the_share_of_no_film_is_undefined_and_says_why() -> None:
    found = share(0, 0, why="no film")

    assert (found.value, found.interval, found.why) == (None, None, "no film")
