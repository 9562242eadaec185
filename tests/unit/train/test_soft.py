import gzip
from pathlib import Path

import pytest

from triage.domain.errors import UnusableList
from triage.domain.labels import CHESTXRAY14, LABELS
from triage.train.soft import read_predictions

NAMES = ",".join(f"prob_{finding}" for finding in CHESTXRAY14)
HALF = ",".join("0.5" for _ in CHESTXRAY14)


def written(path: Path, *, names: str = f"Image Index,{NAMES}", values: str = HALF) -> Path:
    """Write a list of one film."""
    path.write_text(f"{names}\na.png,{values}\n", "utf-8")
    return path


def test_a_head_is_any_of_its_findings(tmp_path: Path) -> None:
    said = read_predictions(written(tmp_path / "said.csv"))["a.png"]

    assert dict(zip(LABELS, said, strict=True)) == {
        "tumour": 0.75,
        "inflammation": 0.875,
        **dict.fromkeys(CHESTXRAY14, 0.5),
    }


@pytest.mark.parametrize("name", ["said.csv.gz", "said"])
def test_a_gzipped_list_with_plain_names_is_read_too(tmp_path: Path, name: str) -> None:
    plain = written(tmp_path / "said.csv", names="file," + ",".join(CHESTXRAY14))
    (tmp_path / name).write_bytes(gzip.compress(plain.read_bytes()))

    assert read_predictions(tmp_path / name) == read_predictions(plain)


def test_a_list_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(written(tmp_path / "said.csv").read_bytes())
    (tmp_path / "said.csv.gz").write_bytes(whole[:-10])

    with pytest.raises(UnusableList, match=r"said\.csv\.gz: damaged"):
        read_predictions(tmp_path / "said.csv.gz")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("b.png,0.5\n", "row 3 has 2 fields: 15, as the line of names"),
        (f"a.png,{HALF}\n", r"films with several rows 1: 0; such as a\.png"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused(tmp_path: Path, more: str, sentence: str) -> None:
    path = written(tmp_path / "said.csv")
    path.write_text(path.read_text("utf-8") + more, "utf-8")

    with pytest.raises(UnusableList, match=sentence):
        read_predictions(path)


def test_a_list_of_no_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "said.csv").write_text(f"Image Index,{NAMES}\n", "utf-8")

    with pytest.raises(UnusableList, match="0 films: at least 1"):
        read_predictions(tmp_path / "said.csv")


@pytest.mark.parametrize("wrong", ["1.5", "-0.1", "nan", "high", ""])
def test_what_is_no_probability_is_refused(tmp_path: Path, wrong: str) -> None:
    path = written(tmp_path / "said.csv", values=HALF.replace("0.5", wrong, 1))

    with pytest.raises(UnusableList, match=f"prob_Atelectasis '{wrong}': a probability"):
        read_predictions(path)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "said.csv", names=f"Image Index,{NAMES.replace('Hernia', 'Gout')}")

    with pytest.raises(UnusableList, match="column prob_Hernia is missing"):
        read_predictions(path)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"said\.csv: no such file"):
        read_predictions(tmp_path / "said.csv")
