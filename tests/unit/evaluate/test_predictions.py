from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluate.lists import written
from triage.domain.errors import UnusableList
from triage.evaluate.predictions import (
    aligned,
    read_predictions,
    renamed,
    save_predictions,
    with_heads,
)

FOURTH = np.array([0.25])


def test_a_prefix_of_the_published_list_is_no_part_of_the_label(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", "Image Index,prob_Mass,prob_Hernia", "a.png,0.25,1")

    found = read_predictions(path)

    assert found.films == ("a.png",)
    assert {name: values.tolist() for name, values in found.scores.items()} == {
        "Mass": [0.25],
        "Hernia": [1.0],
    }


def test_a_head_is_made_of_its_findings() -> None:
    scores = with_heads(dict.fromkeys(("Pneumonia", "Infiltration", "Consolidation"), FOURTH))

    assert scores["inflammation"] == pytest.approx([1 - 0.75**3])
    assert "tumour" not in scores


def test_a_head_of_its_own_is_kept() -> None:
    scores = with_heads({"tumour": np.array([0.9]), "Mass": FOURTH, "Nodule": FOURTH})

    assert scores["tumour"].tolist() == [0.9]


@pytest.mark.parametrize("text", ["1.2", "-0.1", "nan", "high", ""])
def test_what_is_no_probability_is_refused(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "p.csv", "file,tumour", "a.png,0.5", f"b.png,{text}")

    with pytest.raises(UnusableList, match=rf"tumour '{text}' of b\.png: a probability from 0"):
        read_predictions(path)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["file,tumour"], "0 films, 1 scores: at least 1"),
        (["file", "a.png"], "1 films, 0 scores: at least 1"),
        (["file,tumour", "a.png,0.1", "a.png,0.2"], "films with several rows 1: 0"),
    ],
)
def test_a_list_without_films_or_scores_or_with_repeats_is_refused(
    tmp_path: Path, lines: list[str], sentence: str
) -> None:
    with pytest.raises(UnusableList, match=sentence):
        read_predictions(written(tmp_path / "p.csv", *lines))


def test_what_is_saved_is_read_again_to_the_last_digit(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", "file,tumour", "a,0.1", "b,0.30000000000000004")
    before = read_predictions(path)

    save_predictions(tmp_path / "again.csv", before)

    assert (tmp_path / "again.csv").read_text() == path.read_text()


def test_films_are_brought_into_another_order(tmp_path: Path) -> None:
    found = read_predictions(written(tmp_path / "p.csv", "file,tumour", "a,0.1", "b,0.2", "c,0.3"))

    assert aligned(found, ["c", "a"]).scores["tumour"].tolist() == [0.3, 0.1]


def test_films_that_the_other_model_lacks_are_unknown(tmp_path: Path) -> None:
    found = read_predictions(written(tmp_path / "p.csv", "file,tumour", "a,0.1"))

    np.testing.assert_array_equal(aligned(found, ["b", "a"]).scores["tumour"], [np.nan, 0.1])


def test_a_model_of_other_films_alone_is_refused(tmp_path: Path) -> None:
    found = read_predictions(written(tmp_path / "p.csv", "file,tumour", "a,0.1"))

    with pytest.raises(UnusableList, match=r"p\.csv: 0 of 2 films have a prediction.* called b"):
        aligned(found, ["b", "c"])


def test_films_are_called_as_the_labels_call_them(tmp_path: Path) -> None:
    found = read_predictions(written(tmp_path / "p.csv", "file,tumour", "1.png,0.1", "z,0.2"))

    assert renamed(found, {"1.png": "a.jpg"}).films == ("a.jpg", "z")


def test_a_film_under_two_names_is_refused(tmp_path: Path) -> None:
    found = read_predictions(written(tmp_path / "p.csv", "file,tumour", "1.png,0.1", "a.jpg,0.2"))

    with pytest.raises(UnusableList, match=r"films under two names 1: 0; such as a\.jpg"):
        renamed(found, {"1.png": "a.jpg", "a.jpg": "a.jpg"})
