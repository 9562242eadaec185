from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from triage.domain.assessment import Model
from triage.domain.reading import Comparison
from triage.evaluate.agreement import agreement
from triage.evaluate.concordance import Figures, concordance
from triage.evaluate.delong import covariance

MODEL = Model("shipped", "1.0", "1" * 64)
NEWER = Model("shipped", "1.1", "2" * 64)
TABLE = ((20, 5), (3, 12))


def words(
    table: Sequence[Sequence[int]],
    *,
    reader: str = "A",
    label: str = "tumour",
    model: Model | None = MODEL,
) -> Iterator[Comparison]:
    """Make studies: the reader's absent and present in rows, the model's in columns."""
    cells = [(row, col) for row in (0, 1) for col in (0, 1) for _ in range(table[row][col])]
    for number, (present, reached) in enumerate(cells):
        score = reached * 0.5 + (number % 7) / 20
        uid = f"2.25.{number}"
        yield Comparison(uid, label, reader, bool(present), model, score, bool(reached))


def only(compared: Iterator[Comparison]) -> Figures:
    (found,) = concordance(compared)
    return found


def test_a_reader_is_in_the_rows_and_the_model_in_the_columns() -> None:
    found = only(words(TABLE))

    assert (found.reader, found.beside, found.model) == ("A", None, MODEL)
    assert (found.table, found.reads) == (TABLE, 40)


def test_kappa_is_the_products_one() -> None:
    assert only(words(TABLE)).agreement == agreement(TABLE)


def test_kappa_of_random_tables_is_that_of_statsmodels_where_it_is_installed() -> None:
    rater = pytest.importorskip("statsmodels.stats.inter_rater")
    tables = np.random.default_rng(7).integers(1, 30, (40, 2, 2))

    theirs = [rater.cohens_kappa(table) for table in tables]

    ours = [only(words(table.tolist())).agreement for table in tables]
    assert [o.kappa for o in ours] == pytest.approx([t.kappa for t in theirs], abs=1e-9)
    assert [o.p_value for o in ours] == pytest.approx(
        [t.pvalue_two_sided for t in theirs], abs=1e-9
    )
    assert np.ravel([o.interval or () for o in ours]) == pytest.approx(
        np.ravel([(t.kappa_low, t.kappa_upp) for t in theirs]), abs=1e-9
    )


def test_the_reader_is_the_truth_of_sensitivity_and_specificity() -> None:
    found = only(words(TABLE))

    assert found.sensitivity is not None
    assert found.specificity is not None
    assert (found.sensitivity.value, found.specificity.value) == (12 / 15, 20 / 25)


def test_auroc_has_delongs_interval() -> None:
    compared = list(words(TABLE))
    scores = np.array([[each.probability for each in compared]])
    areas, spread = covariance(scores, np.array([each.present for each in compared]))

    found = only(iter(compared)).auroc

    assert found is not None
    assert found.interval is not None
    assert found.value == areas[0]
    half = 1.959963984540054 * float(spread[0, 0]) ** 0.5
    assert found.interval == pytest.approx((areas[0] - half, areas[0] + half))


def test_an_interval_of_auroc_ends_at_one() -> None:
    found = only(words(((20, 0), (1, 3)))).auroc

    assert found is not None
    assert found.interval is not None
    assert found.interval[1] == 1


def test_a_perfect_ranking_has_an_auroc_without_an_interval() -> None:
    found = only(words(((9, 0), (0, 9))))

    assert found.auroc is not None
    assert (found.auroc.value, found.auroc.interval) == (1.0, None)
    assert found.why == "AUROC: no interval, since no study changes the ranking"


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (((9, 0), (0, 0)), "kappa: both always gave the same answer"),
        (((9, 3), (0, 0)), "sensitivity: no study with the finding"),
        (((0, 0), (3, 9)), "specificity: no study without the finding"),
        (
            ((9, 0), (3, 0)),
            "kappa: one of the two always gave the same answer, and that makes it 0",
        ),
        (((9, 3), (0, 1)), "AUROC: fewer than 2 studies with the finding, or without it"),
    ],
)
def test_what_is_undefined_says_why(table: Sequence[Sequence[int]], why: str) -> None:
    assert why in only(words(table)).why
    assert "film" not in only(words(table)).why  # what was read are studies


def test_a_word_on_what_no_model_was_asked_has_an_empty_table() -> None:
    found = only(words(TABLE, model=None))

    assert (found.model, found.reads, found.agreement.count) == (None, 40, 0)
    assert found.why == "kappa: nothing was answered by both"


def test_each_version_of_the_model_stands_alone() -> None:
    compared = [*words(TABLE), *words(((30, 0), (0, 9)), model=NEWER)]

    found = concordance(compared)

    assert [(f.model, f.agreement.count, f.reads) for f in found] == [
        (MODEL, 40, 40),
        (NEWER, 39, 40),
    ]


def test_two_versions_of_one_name_and_number_are_told_apart_by_their_digest() -> None:
    twin = Model("shipped", "1.0", "3" * 64)

    found = concordance([*words(TABLE), *words(TABLE, model=twin)])

    assert [f.model for f in found] == [MODEL, twin]


def test_readers_are_compared_on_the_studies_that_both_have_read() -> None:
    first = [*words(((8, 0), (0, 4))), *words(((8, 0), (0, 4)), model=NEWER)]
    second = list(words(((6, 0), (0, 4)), reader="B"))

    *_, pair = concordance([*first, *second])

    assert (pair.reader, pair.beside, pair.model) == ("A", "B", None)
    assert (pair.agreement.count, pair.table) == (10, ((6, 2), (0, 2)))
    assert (pair.sensitivity, pair.specificity, pair.auroc) == (None, None, None)


def test_readers_without_a_study_in_common_are_not_compared() -> None:
    other = (Comparison("2.25.999", "tumour", "B", True, MODEL, 0.9, True),)

    found = concordance([*words(TABLE), *other])

    assert [f.beside for f in found] == [None, None]


def test_labels_are_not_mixed() -> None:
    found = concordance([*words(TABLE), *words(TABLE, label="inflammation", reader="B")])

    assert [(f.label, f.reader) for f in found] == [("inflammation", "B"), ("tumour", "A")]


def test_nothing_said_is_nothing_found() -> None:
    assert concordance([]) == []
