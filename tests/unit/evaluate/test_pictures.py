from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.unit.evaluate.lists import cases
from tests.unit.evaluate.reports import everything, with_everything
from triage.evaluate.bootstrap import draw
from triage.evaluate.cases import Question
from triage.evaluate.measures import measure
from triage.evaluate.pictures import save_pictures

NAMES = ["calibration.png", "confusion.png", "roc.png"]


def has_red(path: Path) -> bool:
    """Tell whether anything is written in the colour of what is missing."""
    picture = np.asarray(cv2.imread(str(path)), dtype=int)  # (rows, columns, 3), BGR
    return bool((picture[..., 2] - picture[..., 0] > 60).any())


def colours_of_the_head(path: Path) -> int:
    """Count the dots in colour above the panels, where marks are explained."""
    picture = np.asarray(cv2.imread(str(path)), dtype=int)
    head = picture[: picture.shape[0] // 8]
    return int((np.ptp(head, axis=2) > 60).sum())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("pictures")
    save_pictures(found, with_everything(), everything().results)
    return found


def test_three_pictures_are_written(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_has_a_panel_per_question_side_by_side(folder: Path, name: str) -> None:
    picture = cv2.imread(str(folder / name))

    assert picture is not None
    assert 2 < picture.shape[1] / picture.shape[0] < 3
    inked = (picture < 200).any(axis=(0, 2))
    assert all(part.any() for part in np.array_split(inked, 3))


def test_marks_are_explained_above_the_panels(folder: Path) -> None:
    coloured = {name: colours_of_the_head(folder / name) for name in NAMES}

    assert (coloured["roc.png"] > 0, coloured["calibration.png"] > 0) == (True, True)
    assert coloured["confusion.png"] == 0


def test_five_panels_leave_the_rest_of_two_rows_empty(tmp_path: Path) -> None:
    found = everything().results

    save_pictures(tmp_path, with_everything(), [*found, *found[:2]])

    picture = cv2.imread(str(tmp_path / "roc.png"))
    assert picture is not None
    rows, columns = picture.shape[:2]
    assert (picture[3 * rows // 5 :, columns // 2 :] == 255).all()
    assert not (picture[3 * rows // 5 :, : columns // 4] == 255).all()


def test_the_same_evaluation_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save_pictures(tmp_path, with_everything(), everything().results)

    assert [(tmp_path / n).read_bytes() for n in NAMES] == [
        (folder / n).read_bytes() for n in NAMES
    ]


def test_films_of_one_kind_have_sentences_where_a_figure_is_missing(tmp_path: Path) -> None:
    made, question = cases(), Question("tumour", "tumour")
    one_kind = replace(made, truths={"tumour": np.ones(240)})
    draws = draw(made.patients, count=100, seed=0)
    found = measure(question, one_kind.answers(question), threshold=None, draws=draws)

    save_pictures(tmp_path, one_kind, [found])

    assert has_red(tmp_path / "roc.png")
    assert has_red(tmp_path / "confusion.png")


def test_a_full_table_has_no_such_sentence(folder: Path) -> None:
    assert not has_red(folder / "confusion.png")


def test_what_is_undefined_is_drawn_as_a_sentence(tmp_path: Path) -> None:
    made, question = cases(), Question("tumour", "tumour")
    draws = draw(made.patients, count=100, seed=0)
    nothing = made.answers(question).within(np.zeros(240, dtype=bool))

    paths = save_pictures(tmp_path, made, [measure(question, nothing, threshold=None, draws=draws)])

    assert [path.stat().st_size > 0 for path in paths] == [True] * 3
