from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluate.lists import cases, labels_of
from triage.domain.errors import UnusableList
from triage.evaluate.cases import Question, join, questions
from triage.evaluate.predictions import Predictions

PREDICTED = Predictions("p.csv", ("b", "a"), {"tumour": np.array([0.2, 0.9])})


def test_films_are_joined_by_name_in_the_order_of_the_predictions(tmp_path: Path) -> None:
    labels = labels_of(tmp_path / "l.csv", "file,tumour,sex", "a,1,F", "b,0,M", "c,0,M")

    found = join(PREDICTED, labels)

    assert found.films == ("b", "a")
    assert found.truths["tumour"].tolist() == [0, 1]
    assert found.groups["sex"].tolist() == ["M", "F"]
    assert found.unpredicted == 1


def test_a_predicted_film_without_labels_is_refused(tmp_path: Path) -> None:
    labels = labels_of(tmp_path / "l.csv", "file,tumour", "a,1")

    with pytest.raises(UnusableList, match=r"predicted films without labels 1: 0; such as b"):
        join(PREDICTED, labels)


def test_a_predicted_film_without_labels_can_be_left_out(tmp_path: Path) -> None:
    labels = labels_of(tmp_path / "l.csv", "file,tumour", "a,1")

    assert join(PREDICTED, labels, only_labelled=True).films == ("a",)


def test_predictions_of_other_films_are_refused(tmp_path: Path) -> None:
    labels = labels_of(tmp_path / "l.csv", "file,tumour", "x,1")

    with pytest.raises(UnusableList, match="0 films have labels: at least 1"):
        join(PREDICTED, labels, only_labelled=True)


def test_a_prediction_of_a_film_of_train_is_refused(tmp_path: Path) -> None:
    labels = labels_of(tmp_path / "l.csv", "file,split,tumour", "a,train,1", "b,val,0")

    with pytest.raises(UnusableList, match="films of the split train 1: 0; such as a"):
        join(PREDICTED, labels)
    assert join(PREDICTED, labels, only_labelled=True).films == ("b",)


def test_an_unknown_truth_is_not_asked_about() -> None:
    found = cases(20).answers(Question("inflammation", "inflammation"))

    assert found.films.tolist() == [n for n in range(20) if n % 10 != 9]
    assert found.present.tolist() == [n % 4 == 0 for n in range(20) if n % 10 != 9]


def test_answers_can_be_narrowed_and_sorted() -> None:
    made = cases(20)

    found = made.answers(Question("tumour", "tumour")).within(made.groups["view"] == "AP").falling()

    assert (np.diff(found.scores) <= 0).all()
    assert set(found.films.tolist()) == {n for n in range(20) if n % 5 >= 3}
    assert found.present.tolist() == [n % 3 == 0 for n in found.films]


def test_each_score_meets_its_label_and_heads_meet_radiologists() -> None:
    wished = Question("tumour", "inflammation")

    asked = questions(cases(20), [wished])

    assert [question.name for question in asked] == [
        "tumour",
        "inflammation",
        "Lung Opacity, by inflammation",
        "inflammation, by tumour",
    ]


@pytest.mark.parametrize(
    ("wished", "sentence"),
    [
        (Question("effusion", "tumour"), "score effusion: one of tumour, inflammation"),
        (Question("tumour", "lump"), "label lump: one of tumour, inflammation, Lung Opacity"),
    ],
)
def test_a_question_about_nothing_is_refused(wished: Question, sentence: str) -> None:
    with pytest.raises(UnusableList, match=sentence):
        questions(cases(20), [wished])


def test_scores_and_labels_that_never_meet_are_refused(tmp_path: Path) -> None:
    labels = labels_of(tmp_path / "l.csv", "file,inflammation", "a,1", "b,0")

    with pytest.raises(UnusableList, match="scores tumour meet none of the labels inflammation"):
        questions(join(PREDICTED, labels), [])
