import csv
import gzip
from pathlib import Path

import pytest

from triage.domain.errors import UnusableList
from triage.train.chestxray14 import is_chestxray14, is_validated, read_chestxray14

HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
TRAIN_VAL = ["00000001_000.png", "00000001_001.png", "00000002_000.png"]
TEST = ["00000003_000.png"]
SHARED = Path(__file__).parents[4] / "shared"
PUBLISHED = SHARED / "nih_labels"


def entry(name: str, findings: str = "No Finding", *, patient: str = "", age: str = "57") -> str:
    """Write one row of the table; the patient is that of the image's name."""
    return f"{name},{findings},0,{patient or int(name[:8])},{age},M,PA,2682,2749,0.143,0.143"


def layout(folder: Path, *changed: str) -> Path:
    """Lay out three training images and one test image; rows given replace those of their image."""
    rows = {name: entry(name) for name in (*TRAIN_VAL, *TEST)}
    rows |= {row.partition(",")[0]: row for row in changed}
    (folder / "images").mkdir(parents=True)
    (folder / "Data_Entry_2017_v2020.csv").write_text("\n".join([HEADER, *rows.values()]), "utf-8")
    (folder / "train_val_list.txt").write_text("\n".join(TRAIN_VAL), "utf-8")
    (folder / "test_list.txt").write_text("\n".join(TEST), "utf-8")
    for name in rows:
        (folder / "images" / name).touch()
    return folder


def add(path: Path, line: str) -> None:
    """Append a line to a list or a table."""
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", "utf-8")


def test_an_image_becomes_a_row_of_labels(tmp_path: Path) -> None:
    layout(tmp_path, entry(TRAIN_VAL[0], "Mass|Infiltration"))

    row, *_ = read_chestxray14(tmp_path)

    assert row.pop("licence").startswith("NIH Clinical Center")
    assert row == {
        "file": "images/00000001_000.png",
        "orig": "00000001_000.png",
        "patient_id": "NIH-00000001",
        "split": "train",
        "view": "PA",
        "age": "57",
        "sex": "M",
        "findings": "Mass|Infiltration",
        "tumour": "1",
        "inflammation": "1",
        "dataset": "NIH ChestX-ray14",
    }


def test_the_twelve_folders_of_the_archives_are_searched(tmp_path: Path) -> None:
    layout(tmp_path)
    (tmp_path / "images_012/images").mkdir(parents=True)
    (tmp_path / "images" / TEST[0]).rename(tmp_path / "images_012/images" / TEST[0])

    assert read_chestxray14(tmp_path)[-1]["file"] == f"images_012/images/{TEST[0]}"


def test_the_official_test_list_is_never_trained_on(tmp_path: Path) -> None:
    rows = read_chestxray14(layout(tmp_path))

    assert [row["split"] == "test" for row in rows] == [False, False, False, True]


def test_images_that_no_list_names_are_left_out(tmp_path: Path) -> None:
    layout(tmp_path, entry("00000009_000.png"))

    assert len(read_chestxray14(tmp_path)) == 4


def test_one_patient_in_ten_is_validated_on_in_every_run() -> None:
    held = [number for number in range(1, 30806) if is_validated(f"NIH-{number:08d}")]

    assert len(held) == pytest.approx(3080, abs=150)
    assert held[:5] == [10, 11, 39, 44, 56]


def test_the_corrected_table_goes_before_the_first_edition(tmp_path: Path) -> None:
    layout(tmp_path)
    first = (tmp_path / "Data_Entry_2017_v2020.csv").read_text("utf-8").replace(",57,", ",99,")
    (tmp_path / "Data_Entry_2017.csv").write_text(first, "utf-8")

    assert {row["age"] for row in read_chestxray14(tmp_path)} == {"57"}


def test_a_folder_is_known_by_its_table(tmp_path: Path) -> None:
    layout(tmp_path / "nih")

    assert is_chestxray14(tmp_path / "nih")
    assert not is_chestxray14(tmp_path)


@pytest.mark.parametrize(
    ("file", "line", "sentence"),
    [
        ("train_val_list.txt", TRAIN_VAL[0], r"images listed twice 1: 0; the first is 00000001_0"),
        ("test_list.txt", TRAIN_VAL[2], r"images in both lists 1: 0; the first is 00000002_000"),
        ("test_list.txt", "00000004_000.png", r"without a row 1: 0; the first is 00000004_000"),
        ("Data_Entry_2017_v2020.csv", entry(TEST[0]), "images with several rows 1: 0"),
    ],
)
def test_a_line_too_many_is_refused(tmp_path: Path, file: str, line: str, sentence: str) -> None:
    layout(tmp_path)
    add(tmp_path / file, line)

    with pytest.raises(UnusableList, match=sentence):
        read_chestxray14(tmp_path)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (entry(TEST[0], "Cough"), r"findings 'Cough' of 00000003_000\.png: 'Cough' is none of"),
        (entry(TEST[0], ""), r"Finding Labels of 00000003_000\.png is empty"),
        (entry(TEST[0], patient="x"), r"Patient ID of 00000003_000\.png: a whole number"),
        (entry(TEST[0], patient="1"), "test images of patients who are in the training list 1: 0"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused(tmp_path: Path, row: str, sentence: str) -> None:
    layout(tmp_path, row)

    with pytest.raises(UnusableList, match=sentence):
        read_chestxray14(tmp_path)


def test_absent_images_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    layout(tmp_path)
    for name in TRAIN_VAL[1:]:
        (tmp_path / "images" / name).unlink()

    with pytest.raises(UnusableList, match=r"without a file 2: 0; the first is 00000001_001"):
        read_chestxray14(tmp_path)


def test_an_image_in_two_folders_is_refused(tmp_path: Path) -> None:
    layout(tmp_path)
    (tmp_path / "images_001/images").mkdir(parents=True)
    (tmp_path / "images_001/images" / TEST[0]).touch()

    with pytest.raises(UnusableList, match=r"images in several folders 1: 0"):
        read_chestxray14(tmp_path)


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "._00000003_000.png"])
def test_what_a_file_manager_leaves_in_every_folder_is_no_image(tmp_path: Path, name: str) -> None:
    layout(tmp_path)
    for part in ("images", "images_001/images", "images_002/images"):
        (tmp_path / part).mkdir(parents=True, exist_ok=True)
        (tmp_path / part / name).touch()

    assert len(read_chestxray14(tmp_path)) == 4


@pytest.mark.parametrize("name", ["train_val_list.txt", "test_list.txt", "Data_Entry_2017*.csv"])
def test_a_file_of_the_layout_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    next(layout(tmp_path).glob(name)).unlink()

    with pytest.raises(UnusableList, match="no such file"):
        read_chestxray14(tmp_path)


def test_a_table_in_another_encoding_is_named(tmp_path: Path) -> None:
    (layout(tmp_path) / "Data_Entry_2017_v2020.csv").write_bytes(b"Image Index,\xfc")

    with pytest.raises(UnusableList, match=r"v2020\.csv: no text in UTF-8"):
        read_chestxray14(tmp_path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    table = layout(tmp_path) / "Data_Entry_2017_v2020.csv"
    table.write_text(table.read_text("utf-8").replace("Patient ID", "Person"), "utf-8")

    with pytest.raises(UnusableList, match="column 'Patient ID' is missing"):
        read_chestxray14(tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published lists are not beside the project")
def test_the_published_lists_give_what_labels_csv_says(tmp_path: Path) -> None:
    with (SHARED / "cxr/labels.csv").open(newline="", encoding="utf-8") as file:
        known = {r["orig"]: r for r in csv.DictReader(file) if r["dataset"] == "NIH ChestX-ray14"}
    layout(tmp_path)
    for name in ("train_val", "test"):
        listed = gzip.decompress((PUBLISHED / f"official_{name}_list.txt.gz").read_bytes())
        chosen = [image for image in listed.decode().split() if image in known]
        (tmp_path / f"{name}_list.txt").write_text("\n".join(chosen), "utf-8")
    table = gzip.decompress((PUBLISHED / "Data_Entry_2017_v2020.csv.gz").read_bytes())
    (tmp_path / "Data_Entry_2017_v2020.csv").write_bytes(table)
    for image in known:
        (tmp_path / "images" / image).touch()

    rows = read_chestxray14(tmp_path)

    columns = ("patient_id", "view", "age", "sex", "findings", "tumour", "inflammation", "dataset")
    found = {Path(row["file"]).name: [row[column] for column in columns] for row in rows}
    assert found == {image: [row[column] for column in columns] for image, row in known.items()}
    assert sum(row["split"] == "test" for row in rows) == 1414
