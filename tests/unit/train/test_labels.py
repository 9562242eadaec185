from pathlib import Path

import pytest

from tests.unit.train.folders import folder, row
from triage.domain.errors import UnusableList
from triage.domain.labels import LABELS
from triage.domain.marked_box import MarkedBox
from triage.train.labels import HELD, known_labels, read_labels


def test_each_row_becomes_a_film_with_its_targets(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, tumour="1", inflammation=""), row(5)])

    film, _ = read_labels(tmp_path)

    assert film.path == tmp_path / "films/4.png"
    assert film.targets == (1.0, *[None] * 15)
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
        {"age": "036M"},
        {"age": "3.25"},
        {"age": "3 or 40"},
        {"tumour": "", "inflammation": ""},
    ],
)
def test_children_and_unlabelled_films_are_left_out(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    folder(tmp_path, [row(4), row(5), row(6, **changes)])

    films = read_labels(tmp_path)

    assert [film.patient for film in films] == ["P4", "P5"]


def test_a_patient_in_both_splits_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, patient_id="P1"), row(5, patient_id="P1"), row(6)])

    with pytest.raises(UnusableList, match="patients in two splits 1: 0"):
        read_labels(tmp_path)


def test_a_film_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5)])
    (tmp_path / "films/5.png").unlink()

    with pytest.raises(UnusableList, match=r"films/5\.png: named in labels\.csv"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tumour": "maybe"}, r"tumour 'maybe' of films/5\.png: 1, 0 or empty"),
        ({"split": "dev"}, r"split 'dev' of films/5\.png: one of"),
        ({"findings": "Mass|Gout"}, r"findings 'Mass\|Gout' of films/5\.png: 'Gout' is none of"),
    ],
)
def test_an_unknown_word_is_refused(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    folder(tmp_path, [row(4, findings=""), row(5, **({"findings": ""} | changes))])

    with pytest.raises(UnusableList, match=sentence):
        read_labels(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5)])
    table = tmp_path / "labels.csv"
    table.write_text(table.read_text("utf-8").replace("patient_id", "person"), "utf-8")

    with pytest.raises(UnusableList, match="column patient_id is missing"):
        read_labels(tmp_path)


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"labels\.csv: no such file"):
        read_labels(tmp_path)


def test_a_split_without_films_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(5), row(6)])

    with pytest.raises(UnusableList, match="0 films of adults with a known label in val"):
        read_labels(tmp_path)


def test_a_list_of_findings_says_what_is_absent_too(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, findings="Mass|Effusion"), row(5, findings="No Finding")])

    film, other = read_labels(tmp_path)

    present = [label for label, target in zip(LABELS, film.targets, strict=True) if target]
    assert present[-2:] == ["Effusion", "Mass"]
    assert other.targets[2:] == (0.0,) * 14


def test_where_a_head_is_unknown_the_list_of_findings_is_not_read(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, tumour="", findings="some sentence"), row(5, findings="")])

    assert read_labels(tmp_path)[0].targets[2:] == (None,) * 14


def test_a_film_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5), row(5)])

    with pytest.raises(UnusableList, match="films listed more than once 1: 0"):
        read_labels(tmp_path)


def test_films_of_a_test_split_are_left_alone(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5), row(6, split="test")])

    assert [film.patient for film in read_labels(tmp_path)] == ["P4", "P5"]


def test_a_patient_of_the_test_split_is_refused_in_training(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5, patient_id="P1"), row(6, patient_id="P1", split="test")])

    with pytest.raises(UnusableList, match="patients in two splits 1: 0"):
        read_labels(tmp_path)


def test_one_training_patient_of_ten_is_held_back_with_all_films(tmp_path: Path) -> None:
    rows = [row(n, patient_id=f"P{n // 2}", split="train") for n in range(400)]

    films = read_labels(folder(tmp_path, [*rows, row(4000, patient_id="V", split="val")]))

    held = {film.patient for film in films if film.split == HELD}
    assert 10 <= len(held) <= 32
    assert held.isdisjoint(film.patient for film in films if film.split == "train")


def test_a_second_reading_as_normal_is_remembered(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, rsna_class="Normal"), row(5)])

    assert [film.normal for film in read_labels(tmp_path)] == [True, False]


def test_only_labels_that_both_splits_know_are_trained(tmp_path: Path) -> None:
    rows = [row(4, findings="Mass"), row(5, findings=""), row(6, findings="")]

    films = read_labels(folder(tmp_path, rows))

    assert known_labels(films, LABELS) == ("tumour", "inflammation")


def test_chestxray14_is_read_in_its_own_layout(tmp_path: Path) -> None:
    names = [f"{patient:08}_000.png" for patient in range(1, 61)]
    columns = "Image Index,Finding Labels,Patient ID,Patient Age,Patient Gender,View Position"
    rows = [f"{name},Mass,{int(name[:8])},57,M,PA" for name in names]
    (tmp_path / "Data_Entry_2017.csv").write_text("\n".join([columns, *rows]), "utf-8")
    (tmp_path / "train_val_list.txt").write_text("\n".join(names[:-1]), "utf-8")
    (tmp_path / "test_list.txt").write_text(names[-1], "utf-8")
    (tmp_path / "images").mkdir()
    for name in names:
        (tmp_path / "images" / name).write_text(name, "utf-8")

    films = read_labels(tmp_path)

    assert {film.split for film in films} == {"train", HELD, "val"}
    assert [film.original for film in films] == names[:-1]


def test_a_film_without_a_patient_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5, patient_id="")])

    with pytest.raises(UnusableList, match="films without patient_id 1: 0"):
        read_labels(tmp_path)


def test_a_validation_film_that_is_a_copy_of_a_training_film_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5)])
    (tmp_path / "films/4.png").write_bytes((tmp_path / "films/5.png").read_bytes())

    with pytest.raises(UnusableList, match="copies of training films 1: 0"):
        read_labels(tmp_path)


def test_boxes_of_radiologists_come_with_the_film(tmp_path: Path) -> None:
    rows = [row(n, rsna_boxes="256 0 512 1024" if n == 5 else "") for n in (4, 5)]

    films = read_labels(folder(tmp_path, rows))

    assert [film.boxes for film in films] == [
        (),
        (MarkedBox("RSNA", "Lung Opacity", 0.25, 0.0, 0.5, 1.0),),
    ]


def test_a_box_that_leaves_its_film_is_named(tmp_path: Path) -> None:
    rows = [row(4, nih_boxes=""), row(5, nih_boxes="Mass 0 0 2000 3")]

    with pytest.raises(UnusableList, match=r"NIH box '0 0 2000 3' of films/5.png: within"):
        read_labels(folder(tmp_path, rows))


def test_a_space_makes_no_other_patient(tmp_path: Path) -> None:
    rows = [row(4), row(5, patient_id="P4 "), row(6)]

    with pytest.raises(UnusableList, match=r"two splits 1: 0.*films/4.png and .*films/5.png"):
        read_labels(folder(tmp_path, rows))
