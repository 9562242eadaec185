from pathlib import Path

import pytest
import typer

from tests.unit.evaluate.lists import written
from tests.unit.train.test_chestxray14 import TEST, TRAIN_VAL, layout
from triage.cli.lists import label_lists
from triage.domain.errors import UnusableList


def test_labels_are_those_named_or_those_in_the_folder(tmp_path: Path) -> None:
    own = written(tmp_path / "labels.csv", "file,tumour", "a,1")
    named = written(tmp_path / "other.csv", "file,tumour", "a,0")

    assert [each.path for each in label_lists(tmp_path, [named, own])] == [named, own]
    assert [each.path for each in label_lists(tmp_path, None)] == [own]
    with pytest.raises(typer.BadParameter, match="--labels is missing"):
        label_lists(named, None)


def test_the_collections_own_layout_is_a_list_with_its_official_split(tmp_path: Path) -> None:
    (found,) = label_lists(layout(tmp_path), None)

    assert found.films() == [f"images/{name}" for name in (*TRAIN_VAL, *TEST)]
    assert found.texts(["orig"]).tolist() == [*TRAIN_VAL, *TEST]
    assert found.texts(["split"])[-1] == "test"


def test_an_official_list_that_is_missing_is_named(tmp_path: Path) -> None:
    (layout(tmp_path) / "test_list.txt").unlink()

    with pytest.raises(UnusableList, match=r"test_list\.txt: no such file"):
        label_lists(tmp_path, None)
