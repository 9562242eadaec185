from pathlib import Path

import pytest

from tests.unit.evaluate.lists import written
from triage.domain.errors import UnusableList
from triage.domain.marked_box import MarkedBox
from triage.evaluate.boxes import read_boxes

NIH_HEAD = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
NAMES = {"a.jpg": "a.jpg", "1.png": "a.jpg", "b.jpg": "b.jpg"}


def test_the_list_of_a_collection_is_read_as_it_is_published(tmp_path: Path) -> None:
    path = written(tmp_path / "boxes.csv", NIH_HEAD, "1.png,Infiltrate,256,512,128.0,64")

    found = read_boxes([path], NAMES)

    assert found.by_film == {
        "a.jpg": (MarkedBox("NIH", "Infiltration", 0.25, 0.5, 0.125, 0.0625),),
    }


def test_cells_hold_boxes_of_both_kinds(tmp_path: Path) -> None:
    path = written(
        tmp_path / "labels.csv",
        "file,rsna_boxes,nih_boxes",
        "a.jpg,0 0 512 512;512 0 512 1024,Mass 256 0 256 256; Nodule 0 0 64 64",
        "b.jpg,,",
    )

    found = read_boxes([path], NAMES)

    assert found.by_film == {
        "a.jpg": (
            MarkedBox("NIH", "Mass", 0.25, 0.0, 0.25, 0.25),
            MarkedBox("NIH", "Nodule", 0.0, 0.0, 0.0625, 0.0625),
            MarkedBox("RSNA", "Lung Opacity", 0.0, 0.0, 0.5, 0.5),
            MarkedBox("RSNA", "Lung Opacity", 0.5, 0.0, 0.5, 1.0),
        )
    }


def test_a_published_list_by_images_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "nih_image,boxes_xywh_1024", "1.png,0 0 1024 1024")

    (found,) = read_boxes([path], NAMES).by_film["a.jpg"]

    assert (found.source, found.label, found.width) == ("RSNA", "Lung Opacity", 1.0)


def test_rows_of_one_film_add_up_and_the_first_file_goes_before_the_second(tmp_path: Path) -> None:
    one = written(tmp_path / "1.csv", NIH_HEAD, "1.png,Mass,0,0,9,9", "1.png,Nodule,0,0,8,8")
    two = written(tmp_path / "2.csv", "file,nih_boxes,rsna_boxes", "a.jpg,Edema 0 0 7 7,0 0 6 6")

    found = read_boxes([one, two], NAMES).by_film["a.jpg"]

    assert [box.label for box in found] == ["Mass", "Nodule", "Lung Opacity"]


def test_films_with_boxes_that_nobody_asked_for_are_counted(tmp_path: Path) -> None:
    rows = ("1.png,Mass,0,0,9,9", "2.png,Mass,0,0,9,9", "2.png,Nodule,0,0,9,9")

    found = read_boxes([written(tmp_path / "b.csv", NIH_HEAD, *rows)], NAMES)

    assert (len(found.by_film), found.elsewhere) == (1, 1)


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        ("Mass 0 0 -5 10", "NIH box '0 0 -5 10' of a.jpg: width and height above 0"),
        ("Mass 0 0 5 0", "NIH box '0 0 5 0' of a.jpg: width and height above 0"),
        ("Mass 1000 0 30 10", "NIH box '1000 0 30 10' of a.jpg: within the film's 1024 x 1024"),
        ("Mass -1 0 30 10", "NIH box '-1 0 30 10' of a.jpg: within the film's 1024 x 1024"),
        ("Mass 0 nan 30 10", "NIH box '0 nan 30 10' of a.jpg: within the film's 1024 x 1024"),
        ("Mass 0 0 30", "NIH box '0 0 30' of a.jpg: four numbers x, y, width and height"),
        ("10 0 30 10", "NIH box '0 30 10' of a.jpg: four numbers x, y, width and height"),
        ("Mass 0 0 wide 9", "NIH box '0 0 wide 9' of a.jpg: four numbers"),
    ],
)
def test_an_impossible_box_is_named_with_its_film(tmp_path: Path, box: str, sentence: str) -> None:
    path = written(tmp_path / "labels.csv", "file,nih_boxes", f"a.jpg,{box}")

    with pytest.raises(UnusableList) as refused:
        read_boxes([path], NAMES)

    assert sentence in str(refused.value)


def test_a_list_without_boxes_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "labels.csv", "file,Finding Label,x,y,w,h", "a.jpg,Mass,0,0,9,9")

    with pytest.raises(UnusableList, match="no column holds boxes: nih_boxes, rsna_boxes"):
        read_boxes([path], NAMES)


def test_boxes_of_other_films_alone_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "b.csv", NIH_HEAD, "7.png,Mass,0,0,9,9")

    with pytest.raises(UnusableList, match=r"0 of the chosen films have a box.*1 other films"):
        read_boxes([path], NAMES)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"nowhere\.csv: No such file"):
        read_boxes([tmp_path / "nowhere.csv"], NAMES)
