from pathlib import Path

import pytest

from tests.unit.train.folders import folder, row
from triage.domain.errors import ConfigurationError
from triage.train.labels import read_labels


def test_each_row_becomes_a_film_with_its_targets(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, tumour="1", inflammation=""), row(5)])

    film, _ = read_labels(tmp_path)

    assert film.path == tmp_path / "films/4.png"
    assert film.targets == (1.0, None)
    assert film.split == "val"
    assert film.source == "Drawn: none needed"


def test_file_names_may_start_with_the_folders_own_name(tmp_path: Path) -> None:
    folder(tmp_path / "cxr", [row(4), row(5)])
    table = tmp_path / "cxr/labels.csv"

    table.write_text(table.read_text("utf-8").replace("films/", "cxr/films/"), "utf-8")

    assert read_labels(tmp_path / "cxr")[0].path == tmp_path / "cxr/films/4.png"


@pytest.mark.parametrize(
    "changes",
    [
        {"age": "17"},
        {"age": "1-5y"},
        {"rsna_class": "Normal"},
        {"tumour": "", "inflammation": ""},
    ],
)
def test_children_second_readings_of_normal_and_unlabelled_films_are_left_out(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    folder(tmp_path, [row(4), row(5), row(6, **changes)])

    films = read_labels(tmp_path)

    assert [film.patient for film in films] == ["P4", "P5"]


def test_a_patient_in_both_splits_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, patient_id="P1"), row(5, patient_id="P1"), row(6)])

    with pytest.raises(ConfigurationError, match="patients in both splits 1: 0"):
        read_labels(tmp_path)


def test_a_film_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5)])
    (tmp_path / "films/5.png").unlink()

    with pytest.raises(ConfigurationError, match=r"films/5\.png: named in labels\.csv"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tumour": "maybe"}, r"tumour 'maybe' of films/5\.png: 1, 0 or empty"),
        ({"split": "test"}, r"split 'test' of films/5\.png: one of"),
    ],
)
def test_an_unknown_word_is_refused(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    folder(tmp_path, [row(4), row(5, **changes)])

    with pytest.raises(ConfigurationError, match=sentence):
        read_labels(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5)])
    table = tmp_path / "labels.csv"
    table.write_text(table.read_text("utf-8").replace("patient_id", "person"), "utf-8")

    with pytest.raises(ConfigurationError, match="column patient_id is missing"):
        read_labels(tmp_path)


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"labels\.csv: no such file"):
        read_labels(tmp_path)


def test_a_split_without_films_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(5), row(6)])

    with pytest.raises(ConfigurationError, match="0 films of adults with a known label in val"):
        read_labels(tmp_path)
