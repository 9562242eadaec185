from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluate.lists import cases, written
from triage.domain.errors import UnusableList
from triage.evaluate.bootstrap import draw
from triage.evaluate.measures import Threshold
from triage.evaluate.readers import Reading, pairs, raters, read_readers

CASES = cases(40)
DRAWS = draw(CASES.patients, count=200, seed=0)
AT_HALF = Threshold(0.5, "given")


def test_readers_of_one_file_are_told_apart_by_a_column(tmp_path: Path) -> None:
    rows = ("0.png,A,1,0", "0.png,B,0,", "1.png,A,0,1")

    found = read_readers(
        [written(tmp_path / "r.csv", "file,reader,tumour,inflammation", *rows)], CASES
    )

    answers = {(reading.reader, reading.label): reading.answers[:2] for reading in found}
    assert answers["A", "tumour"].tolist() == [1, 0]
    assert answers["A", "inflammation"].tolist() == [0, 1]
    assert answers["B", "tumour"][0] == 0
    assert np.isnan(answers["B", "inflammation"]).all()


def test_a_file_without_readers_is_one_reader(tmp_path: Path) -> None:
    path = written(
        tmp_path / "senior.csv.csv", "Image Index,Nodule or mass,Fracture", "0.png,YES,NO"
    )

    (found,) = read_readers([path], CASES)

    assert (found.reader, found.label, found.answers[0]) == ("senior", "tumour", 1)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["file,lump", "0.png,1"], "no column is a label of the model: tumour, inflammation"),
        (["file,tumour", "x.png,1"], "0 of these films were read: at least 1"),
        (["file,tumour", "0.png,1", "0.png,0"], "films with several rows 1: 0; such as 0.png"),
        (["file,tumour", "0.png,2"], "tumour '2' of 0.png"),
        (
            ["file,reader,tumour", "0.png,model,1"],
            "reader model: another name, since it is taken",
        ),
    ],
)
def test_answers_that_cannot_be_used_are_refused(
    tmp_path: Path, lines: list[str], sentence: str
) -> None:
    with pytest.raises(UnusableList, match=sentence):
        read_readers([written(tmp_path / "r.csv", *lines)], CASES)


def test_a_reader_in_two_files_is_refused(tmp_path: Path) -> None:
    paths = [
        written(tmp_path / name, "file,reader,tumour", "0.png,A,1") for name in ("1.csv", "2.csv")
    ]

    with pytest.raises(UnusableList, match="reader A answers tumour in several files or columns"):
        read_readers(paths, CASES)


def test_two_columns_for_one_label_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", "file,tumour,Nodule or mass", "0.png,1,NO")

    with pytest.raises(UnusableList, match="reader r answers tumour in several files or columns"):
        read_readers([path], CASES)


def test_the_model_reads_by_its_threshold_and_the_labels_by_themselves() -> None:
    model, labels = raters(CASES, "tumour", AT_HALF)

    assert (model.answers == (CASES.scores["tumour"] >= 0.5)).all()
    assert (labels.answers == CASES.truths["tumour"]).all()


def test_a_score_without_labels_has_no_labels_to_read() -> None:
    made = replace(CASES, truths={})

    assert [reading.reader for reading in raters(made, "tumour", AT_HALF)] == ["model"]


def test_films_that_are_no_cases_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", "file,tumour", "x.png,1", "3.png,1")

    (found,) = read_readers([path], CASES)

    assert np.flatnonzero(found.answers == 1).tolist() == [3]


def test_without_a_threshold_the_model_does_not_read() -> None:
    assert [reading.reader for reading in raters(CASES, "tumour", None)] == ["labels"]


def test_each_two_readers_are_compared_on_films_that_both_have_read() -> None:
    some = np.where(np.arange(40) < 25, CASES.truths["tumour"], np.nan)

    found = pairs([*raters(CASES, "tumour", AT_HALF), Reading("A", "tumour", some)], draws=DRAWS)

    counts = {(pair.first, pair.second): pair.agreement.count for pair in found}
    assert counts == {("model", "labels"): 40, ("model", "A"): 25, ("labels", "A"): 25}


def test_the_first_reader_is_in_the_rows() -> None:
    first, second = np.zeros(40), np.zeros(40)
    first[:7], second[:3] = 1, 1

    (pair,) = pairs([Reading("A", "t", first), Reading("B", "t", second)], draws=DRAWS)

    assert pair.table == ((33, 0), (4, 3))


def test_both_intervals_hold_kappa() -> None:
    (pair,) = pairs(raters(CASES, "tumour", AT_HALF), draws=DRAWS)

    kappa, intervals = pair.agreement.kappa, (pair.agreement.interval, pair.drawn.interval)
    assert kappa is not None
    assert all(interval and interval[0] <= kappa <= interval[1] for interval in intervals)


def test_readers_without_a_film_in_common_have_no_kappa() -> None:
    first, second = np.full(40, np.nan), np.full(40, np.nan)
    first[:5], second[5:] = 1, 0

    (pair,) = pairs([Reading("A", "t", first), Reading("B", "t", second)], draws=DRAWS)

    assert (pair.agreement.kappa, pair.drawn.value) == (None, None)
    assert pair.drawn.why == "nothing was answered by both"


def test_a_reader_with_one_answer_has_a_kappa_without_interval() -> None:
    (pair,) = pairs([*raters(CASES, "tumour", None), Reading("A", "t", np.zeros(40))], draws=DRAWS)

    assert (pair.drawn.value, pair.drawn.interval) == (0.0, None)
    assert "one of the two always gave the same answer" in pair.drawn.why
