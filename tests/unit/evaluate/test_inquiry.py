from pathlib import Path

import pytest

from tests.unit.evaluate.lists import written
from triage.domain.errors import UnusableList
from triage.evaluate.inquiry import Inquiry
from triage.evaluate.labels import Choice
from triage.evaluate.listing import read_listing

ROWS = (
    "a.jpg,1.png,P1,train,Mass,Mass 0 0 9 9",
    "b.jpg,2.png,P2,val,Mass,Mass 0 0 9 9",
    "c.jpg,3.png,P3,val,Pneumonia:viral,",
)


def inquiry(folder: Path, *only: tuple[str, str]) -> Inquiry:
    path = written(folder / "labels.csv", "file,orig,patient_id,split,findings,nih_boxes", *ROWS)
    return Inquiry((read_listing(path),), Choice(only), (path,), draws=100, seed=0)


def test_films_that_have_boxes_are_those_to_assess(tmp_path: Path) -> None:
    found = inquiry(tmp_path).read()

    assert found.labels.films == ("b.jpg",)
    assert found.labels.truths["Mass"].tolist() == [1.0]
    assert (list(found.boxes.by_film), found.boxes.elsewhere) == (["b.jpg"], 1)


def test_a_word_that_is_no_label_is_refused_where_it_matters(tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "file,findings,nih_boxes", "a.jpg,Lump,Mass 0 0 9 9")

    with pytest.raises(UnusableList, match=r"findings 'Lump' of a\.jpg .*: 'Lump' is none"):
        Inquiry((read_listing(path),), Choice(), (path,), draws=100, seed=0).read()


def test_a_film_that_was_named_and_has_no_box_is_not_assessed(tmp_path: Path) -> None:
    found = inquiry(tmp_path, ("file", "c.jpg"), ("file", "b.jpg")).read()

    assert found.labels.films == ("b.jpg",)


def test_films_that_were_trained_on_must_be_asked_for(tmp_path: Path) -> None:
    assert inquiry(tmp_path, ("split", "train")).read().labels.films == ("a.jpg",)


def test_chosen_films_without_any_box_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match="0 of the chosen films have a box"):
        inquiry(tmp_path, ("findings", "Pneumonia:viral")).read()
