import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluate.lists import written
from triage.domain.errors import UnusableList
from triage.evaluate.listing import names_of, read_listing


def test_a_gzipped_list_is_read_like_a_plain_one(tmp_path: Path) -> None:
    plain = written(tmp_path / "list.csv", "file,tumour", "a.png,1")
    (tmp_path / "list.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))

    packed = read_listing(tmp_path / "list.csv.gz")

    assert packed.rows == read_listing(plain).rows == [{"file": "a.png", "tumour": "1"}]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", "\ufeffImage Index,Patient Age", "a.png,61")

    assert read_listing(path).films() == ["a.png"]


def test_answers_are_numbers_and_unknown_is_not_absent(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", "file,tumour", "a,1", "b,NO", "c,YES", "d,", "e,0")

    found = read_listing(path).truths("tumour")

    assert found[[0, 1, 2, 4]].tolist() == [1, 0, 1, 0]
    assert np.isnan(found[3])


def test_another_word_names_column_word_and_film(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", "file,tumour", "a.png,1", "b.png,perhaps")

    with pytest.raises(UnusableList, match=r"tumour 'perhaps' of b\.png: 1, 0, YES, NO or empty"):
        read_listing(path).truths("tumour")


def test_what_a_spreadsheet_puts_behind_the_names_is_no_column(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", "file,tumour,,", "a,1", "b,0,,", "c,1,")

    found = read_listing(path)

    assert (found.columns, found.films()) == (("file", "tumour"), ["a", "b", "c"])


def test_a_value_behind_the_names_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", "file,tumour,,", "a,1,,7")

    with pytest.raises(UnusableList, match="row 2 has 4 fields: 2, as the first line"):
        read_listing(path)


def test_a_repeated_film_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "list.csv", "file", "a", "b", "b", "b")

    with pytest.raises(UnusableList, match="films with several rows 1: 0; such as b"):
        read_listing(path).refuse_repeats()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "no column names the films: one of file, Image Index, nih_image"),
        (["picture,tumour"], "no column names the films"),
        (["file,tumour,tumour"], "a column has the name of another"),
        (["file,tumour", "a,1", "b,1,0"], "row 3 has 3 fields: 2, as the first line"),
    ],
)
def test_what_is_no_list_of_films_is_refused(
    tmp_path: Path, lines: list[str], sentence: str
) -> None:
    with pytest.raises(UnusableList, match=sentence):
        read_listing(written(tmp_path / "list.csv", *lines))


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b\x08damaged", b"\xff\xfe\x00", gzip.compress(b"a", mtime=0)[:9]]
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.csv").write_bytes(content)

    with pytest.raises(UnusableList, match=r"list\.csv: (damaged|is no gzip file)"):
        read_listing(tmp_path / "list.csv")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"nowhere\.csv: No such file"):
        read_listing(tmp_path / "nowhere.csv")


def test_films_are_known_by_their_collections_name_too(tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "file,orig", "a.jpg,1.png", "b.jpg,", "c.jpg,3.png")

    assert names_of(read_listing(path), ["a.jpg", "b.jpg"]) == {
        "a.jpg": "a.jpg",
        "1.png": "a.jpg",
        "b.jpg": "b.jpg",
    }


def test_two_films_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "file,orig", "a.jpg,1.png", "b.jpg,1.png")

    with pytest.raises(UnusableList, match=r"orig '1\.png' names several films"):
        names_of(read_listing(path), ["a.jpg", "b.jpg"])
