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
    assert 2.5 < picture.shape[1] / picture.shape[0] < 3
    inked = (picture < 200).any(axis=(0, 2))
    assert all(part.any() for part in np.array_split(inked, 3))


def test_the_same_evaluation_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save_pictures(tmp_path, with_everything(), everything().results)

    assert [(tmp_path / n).read_bytes() for n in NAMES] == [
        (folder / n).read_bytes() for n in NAMES
    ]


def test_what_is_undefined_is_drawn_as_a_sentence(tmp_path: Path) -> None:
    made, question = cases(), Question("tumour", "tumour")
    draws = draw(made.patients, count=100, seed=0)
    nothing = made.answers(question).within(np.zeros(240, dtype=bool))

    paths = save_pictures(tmp_path, made, [measure(question, nothing, threshold=None, draws=draws)])

    assert [path.stat().st_size > 0 for path in paths] == [True] * 3
