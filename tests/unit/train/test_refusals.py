from pathlib import Path

import pytest

from tests.unit.train.folders import Row, folder, row
from triage.domain.errors import UnusableList
from triage.train.labels import read_labels
from triage.train.refusals import refuse_copies, refuse_nameless, refuse_same_files


def films(folder: Path, **contents: bytes) -> list[Path]:
    """Write files and return their paths."""
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


@pytest.mark.parametrize("patient", ["", " "])
def test_a_film_without_a_patient_is_refused(patient: str) -> None:
    with pytest.raises(UnusableList, match=r"without patient_id 1: 0; the first is films/5"):
        refuse_nameless([row(4), row(5, patient_id=patient)])


def test_one_file_under_two_names_is_refused(tmp_path: Path) -> None:
    one, other = films(tmp_path / "cxr", one=b"1", other=b"2")

    with pytest.raises(UnusableList, match=r"more than once 1: 0; the first is .*/cxr/one"):
        refuse_same_files([one, other, tmp_path / "cxr/../cxr/one"])


def test_a_copy_of_a_training_film_is_refused_in_validation(tmp_path: Path) -> None:
    trained = films(tmp_path / "train", a=b"film 1", b=b"film 2")
    judged = films(tmp_path / "val", c=b"film 2", d=b"another")

    with pytest.raises(UnusableList, match=r"copies of training films 1: 0; .*/c, .*/b$"):
        refuse_copies(trained, judged=judged)


def test_what_is_in_order_is_let_through(tmp_path: Path) -> None:
    trained = films(tmp_path / "train", a=b"film 1", b=b"film 1")
    judged = films(tmp_path / "val", c=b"film 2", d=b"longer film")

    refuse_nameless([row(4), row(5)])
    refuse_same_files(trained + judged)
    refuse_copies(trained, judged=judged)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (row(5, tumour="2"), r"tumour '2' of films/5\.png: 1, 0 or empty"),
        (row(5, inflammation="yes"), r"inflammation 'yes' of films/5\.png: 1, 0 or empty"),
        (row(5, findings="Mass|Gout"), r"Gout' of films/5\.png: "),
        (row(5, split="dev"), r"split 'dev' of films/5\.png: one of"),
        (row(5, split=""), r"split '' of films/5\.png: one of"),
        (row(6), "films listed more than once 1: 0"),
        (row(5, patient_id="P4"), "patients in two splits 1: 0"),
    ],
)
def test_a_list_with_one_wrong_row_is_refused(tmp_path: Path, wrong: Row, sentence: str) -> None:
    right = {"findings": "", **row(4)}
    folder(tmp_path, [right, {"findings": "", **row(6)}, {"findings": "", **wrong}])

    with pytest.raises(UnusableList, match=sentence):
        read_labels(tmp_path)


def test_a_film_that_is_listed_and_absent_is_refused(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5)])
    (tmp_path / "films/5.png").unlink()

    with pytest.raises(UnusableList, match=r"films/5\.png: named in labels\.csv"):
        read_labels(tmp_path)


def test_the_list_without_a_wrong_row_is_read(tmp_path: Path) -> None:
    folder(tmp_path, [row(4), row(5), row(6)])

    assert len(read_labels(tmp_path)) == 3


def test_no_refusal_names_a_patient(tmp_path: Path) -> None:
    folder(tmp_path, [row(4, patient_id="SECRET"), row(5, patient_id="SECRET"), row(6)])

    with pytest.raises(UnusableList) as refused:
        read_labels(tmp_path)

    assert "SECRET" not in str(refused.value)
