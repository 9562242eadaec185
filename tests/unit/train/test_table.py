import gzip
from pathlib import Path

import pytest

from triage.domain.errors import UnusableList
from triage.train.table import read_rows


def written(tmp_path: Path, content: bytes) -> Path:
    """Write a table."""
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    return path


def test_each_line_is_a_row(tmp_path: Path) -> None:
    path = written(tmp_path, b'file,split\n"1,a.png",train\n2.png,\n')

    assert read_rows(path, needed=("file",)) == [
        {"file": "1,a.png", "split": "train"},
        {"file": "2.png", "split": ""},
    ]


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbffile,split\n1.png,train\n", b"file,split\r\n1.png,train\r\n\r\n"],
    ids=["mark", "windows"],
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, content: bytes) -> None:
    rows = read_rows(written(tmp_path, content), needed=("file", "split"))

    assert rows == [{"file": "1.png", "split": "train"}]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "column file is missing"),
        (b"name\n1.png\n", "column file is missing"),
        (b"file,file\n1.png,2.png\n", "column file is there more than once"),
        (b"file,split\n1.png\n", "row 2 has 1 fields: 2, as the line of names"),
        (b"file,split\n1.png,train\n2.png,train,1\n", "row 3 has 3 fields: 2"),
        (b"file\nB\xfccher.png\n", "damaged, or no CSV text in UTF-8"),
        (b'file\n"1.png\n', "damaged, or no CSV text in UTF-8"),
        (b"\x1f\x8bfile\n1.png\n", "damaged, or no CSV text in UTF-8"),
        (gzip.compress(b"file\n1.png\n", mtime=0)[:-9], "damaged, or no CSV text in UTF-8"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(UnusableList, match=sentence):
        read_rows(written(tmp_path, content), needed=("file",))


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"labels\.csv: no such file"):
        read_rows(tmp_path / "labels.csv", needed=("file",))


def test_a_gzipped_table_is_known_by_its_content(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"file\n1.png\n"))

    assert read_rows(path, needed=("file",)) == [{"file": "1.png"}]


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match="is a directory"):
        read_rows(tmp_path, needed=("file",))
