from collections.abc import Sequence
from fractions import Fraction
from math import erfc, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.evaluate.agreement import NORMAL_QUANTILE, agreement, cohen_kappa

Table = list[list[int]]

ZERO = Fraction()
SIZES = st.integers(2, 5)
TABLES = SIZES.flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 60), min_size=k, max_size=k), min_size=k, max_size=k)
)


def marginals(table: Table) -> tuple[list[Fraction], list[Fraction]]:
    total = sum(map(sum, table))
    rows = [Fraction(sum(row), total) for row in table]
    return rows, [Fraction(sum(column), total) for column in zip(*table, strict=True)]


def by_the_letter(table: Table) -> tuple[Fraction, Fraction, Fraction]:
    """Kappa, its variance and its variance by chance, cell by cell in fractions."""
    total, places = sum(map(sum, table)), range(len(table))
    p, (row, column) = [[Fraction(n, total) for n in line] for line in table], marginals(table)
    observed = sum((p[i][i] for i in places), ZERO)
    expected = sum((row[i] * column[i] for i in places), ZERO)
    kappa = (observed - expected) / (1 - expected)
    agreed = sum((p[i][i] * (1 - (row[i] + column[i]) * (1 - kappa)) ** 2 for i in places), ZERO)
    differed = (
        sum(p[i][j] * (column[i] + row[j]) ** 2 for i in places for j in places if i != j)
        * (1 - kappa) ** 2
    )
    excess = (kappa - expected * (1 - kappa)) ** 2
    chance = sum((row[i] * column[i] * (row[i] + column[i]) for i in places), ZERO)
    scale = total * (1 - expected) ** 2
    return kappa, (agreed + differed - excess) / scale, (expected + expected**2 - chance) / scale


def constant(shares: Sequence[Fraction]) -> bool:
    return max(shares) == 1


@given(TABLES.filter(lambda t: sum(map(sum, t)) > 0 and not any(map(constant, marginals(t)))))
def test_kappa_interval_and_p_value_follow_the_papers_formulas(table: Table) -> None:
    kappa, variance, by_chance = by_the_letter(table)

    found = agreement(table)

    assert found.interval is not None
    assert found.kappa == pytest.approx(float(kappa), abs=1e-12)
    assert found.interval[1] - float(kappa) == pytest.approx(
        NORMAL_QUANTILE * sqrt(variance), abs=1e-9
    )
    assert found.p_value == pytest.approx(
        erfc(abs(float(kappa)) / sqrt(2 * float(by_chance))), abs=1e-9
    )


@given(TABLES)
def test_kappa_is_symmetric_in_its_readers(table: Table) -> None:
    there, back = agreement(table), agreement(np.transpose(table))

    assert there.kappa == pytest.approx(back.kappa, abs=1e-12)
    assert there.interval == pytest.approx(back.interval, abs=1e-9)


def test_statsmodels_says_the_same_where_it_is_installed() -> None:
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    tables = np.random.default_rng(11).integers(1, 80, (200, 3, 3))

    theirs = [rater.cohens_kappa(table) for table in tables]
    ours = [agreement(table) for table in tables]

    assert [o.kappa for o in ours] == pytest.approx([t.kappa for t in theirs], abs=1e-9)
    assert [o.p_value for o in ours] == pytest.approx(
        [t.pvalue_two_sided for t in theirs], abs=1e-9
    )
    assert np.ravel([o.interval or () for o in ours]) == pytest.approx(
        np.ravel([(t.kappa_low, t.kappa_upp) for t in theirs]), abs=1e-9
    )


def test_a_very_small_p_value_keeps_its_digits() -> None:
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    table = [[400, 10], [10, 400]]

    theirs = rater.cohens_kappa(np.array(table)).pvalue_two_sided

    assert 0 < theirs < 1e-100
    assert agreement(table).p_value == pytest.approx(theirs, rel=1e-9)


def test_the_formulas_would_notice_another_variance() -> None:
    _, variance, by_chance = by_the_letter([[20, 5], [10, 15]])

    assert abs(float(variance) - float(by_chance)) > 1e-4


def test_readers_who_always_agree_on_both_answers_have_a_kappa_of_one() -> None:
    found = agreement([[7, 0], [0, 3]])

    assert (found.kappa, found.interval) == (1.0, (1.0, 1.0))


def test_a_table_without_films_says_so() -> None:
    found = agreement([[0, 0], [0, 0]])

    assert (found.count, found.kappa, found.interval, found.p_value) == (0, None, None, None)
    assert found.why == "nothing was answered by both"


def test_one_answer_for_every_film_leaves_kappa_undefined() -> None:
    found = agreement([[12, 0], [0, 0]])

    assert found.kappa is None
    assert "chance alone explains all of it" in found.why


@pytest.mark.parametrize("table", [[[8, 0], [4, 0]], [[8, 4], [0, 0]], [[0, 9], [0, 0]]])
def test_a_reader_who_never_varies_has_neither_interval_nor_p_value(table: Table) -> None:
    found = agreement(table)

    assert (found.kappa, found.interval, found.p_value) == (0.0, None, None)
    assert found.why == "one of the two always gave the same answer, and that makes it 0"


def test_one_other_answer_gives_both_back() -> None:
    found = agreement([[8, 0], [4, 1]])

    assert found.interval is not None
    assert found.p_value is not None


def test_readers_who_share_no_answer_have_neither() -> None:
    found = agreement([[0, 0, 3, 2], [0, 0, 1, 4], [0, 0, 0, 0], [0, 0, 0, 0]])

    assert (found.kappa, found.interval, found.p_value) == (0.0, None, None)
    assert found.why == "the two have no kind of answer in common, and that makes it 0"


def test_many_tables_are_measured_at_once() -> None:
    tables = np.array([[[20, 5], [10, 15]], [[0, 0], [0, 0]]])

    kappas = cohen_kappa(tables)

    assert kappas[0] == pytest.approx(0.4)
    assert np.isnan(kappas[1])


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ([[1, 2, 3], [4, 5, 6]], "as many rows as columns"),
        ([[1, -2], [3, 4]], r"a count of -2\.0: whole numbers from 0"),
        ([[1.5, 2], [3, 4]], "whole numbers"),
    ],
)
def test_what_is_no_table_of_counts_is_refused(table: list[list[float]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        agreement(table)
