"""ChestX-ray14 as its publishers lay it out (Wang et al. 2017), as rows of a ``labels.csv``.

::

    ChestX-ray14/
      Data_Entry_2017_v2020.csv   one row per image; of several the last by name is read
      train_val_list.txt          images of patients who may be trained on
      test_list.txt               images of patients who may not
      images/                     or images_001/images/ to images_012/images/
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

from triage.domain.errors import UnusableList
from triage.domain.findings import heads_of, read_findings

TRAIN_VAL, TEST = "train_val_list.txt", "test_list.txt"
DATASET = "NIH ChestX-ray14"
LICENCE = "NIH Clinical Center: no restrictions on use, attribution (link + Wang et al. CVPR 2017)"
VALIDATED = 10
"""One patient in so many of the training list is kept for validation."""

_TABLES = "Data_Entry_2017*.csv"
_FILM, _FINDINGS, _PATIENT = "Image Index", "Finding Labels", "Patient ID"
_AGE, _SEX, _VIEW = "Patient Age", "Patient Gender", "View Position"
_NEEDED = (_FILM, _FINDINGS, _PATIENT, _AGE, _SEX, _VIEW)
_OLDEST = 120

Row = dict[str, str]


def is_chestxray14(folder: Path) -> bool:
    """Tell whether a folder holds the table that this layout begins with."""
    return any(folder.glob(_TABLES))


def read_chestxray14(folder: Path) -> list[Row]:
    """Read the images of both official lists.

    Images of the test list have the split ``test`` and are never trained on. Patients of the
    other list are ``train`` or ``val`` by a hash of their number, the same one in every run.
    Rows of the table and files that no list names are left out.

    Args:
        folder: laid out as above.

    Returns:
        In the order of the lists, the training list first; ``file`` is relative to the
        folder, and ``patient_id`` has the form of ``NIH-00000001``.

    Raises:
        UnusableList: a list, a table or a column of it is missing; an image is listed
            twice, listed without a row or a file, or there twice; a patient or an image is in
            both lists; a word is no finding; a file is no text.
    """
    lists = {name: _listed(folder / name) for name in (TRAIN_VAL, TEST)}
    _refuse(folder, "images in both lists", sorted(set(lists[TRAIN_VAL]) & set(lists[TEST])))
    listed = lists[TRAIN_VAL] + lists[TEST]
    entries, images = _entries(folder), _images(folder, frozenset(listed))
    _refuse(folder, "listed images without a row", [n for n in listed if n not in entries])
    _refuse(folder, "listed images without a file", [n for n in listed if n not in images])
    trained = [_row(entries[name], images[name]) for name in lists[TRAIN_VAL]]
    tested = [_row(entries[name], images[name], split="test") for name in lists[TEST]]
    patients = {row["patient_id"] for row in trained}
    both = [row["file"] for row in tested if row["patient_id"] in patients]
    _refuse(folder, "test images of patients who are in the training list", both)
    return trained + tested


def is_validated(patient: str) -> bool:
    """Tell by a hash of the pseudonym whether a patient of the training list is validated on."""
    digest = blake2b(patient.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % VALIDATED == 0


def _listed(path: Path) -> list[str]:
    if not path.is_file():
        raise UnusableList(f"{path}: no such file; it is one of the two official lists")
    names = _text(path).split()
    _refuse(path, "images listed twice", _repeated(names))
    return names


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableList(f"{path}: no text in UTF-8") from error


def _entries(folder: Path) -> dict[str, Row]:
    path = max(folder.glob(_TABLES), default=None)
    if path is None:
        raise UnusableList(f"{folder / _TABLES}: no such file; it holds the findings")
    # The commas within two names of the header cut it as often as each row, so columns agree.
    reader = csv.DictReader(_text(path).splitlines())
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise UnusableList(f"{path}: column {missing[0]!r} is missing")
    rows = [{name: row[name] or "" for name in _NEEDED} for row in reader]
    _refuse(path, "images with several rows", _repeated(row[_FILM] for row in rows))
    return {row[_FILM]: row for row in rows}


def _images(folder: Path, listed: frozenset[str]) -> dict[str, Path]:
    """Find the listed images; what a file manager leaves in every folder is none."""
    folders = [folder / "images", *sorted(folder.glob("images_*/images"))]
    found = [path for each in folders if each.is_dir() for path in each.iterdir()]
    paths = [path for path in found if path.name in listed]
    _refuse(folder, "images in several folders", sorted(_repeated(path.name for path in paths)))
    return {path.name: path.relative_to(folder) for path in paths}


def _row(entry: Mapping[str, str], image: Path, *, split: str | None = None) -> Row:
    patient = _patient(entry)
    findings = read_findings(entry[_FINDINGS], film=entry[_FILM])
    if findings is None:
        raise UnusableList(f"{_FINDINGS} of {entry[_FILM]} is empty: at least No Finding")
    return {
        "file": str(image),
        "orig": entry[_FILM],
        "patient_id": patient,
        "split": split or ("val" if is_validated(patient) else "train"),
        "view": entry[_VIEW],
        "age": _years(entry[_AGE]),
        "sex": entry[_SEX],
        "findings": entry[_FINDINGS],
        **heads_of(findings),
        "dataset": DATASET,
        "licence": LICENCE,
    }


def _patient(entry: Mapping[str, str]) -> str:
    number = entry[_PATIENT].strip()
    if not (number.isascii() and number.isdigit()):
        raise UnusableList(f"{_PATIENT} of {entry[_FILM]}: a whole number")
    return f"NIH-{int(number):08d}"


def _years(text: str) -> str:
    """Write an age as whole years; the first edition of the table has 058Y, 007M and 414.

    >>> _years("57"), _years("058Y"), _years("007M"), _years("414"), _years("")
    ('57', '58', '0', '', '')
    """
    found = re.fullmatch(r"(\d+)([YMWD]?)", text.strip())
    if not found or int(found[1]) > _OLDEST:
        return ""
    return str(int(found[1])) if found[2] in ("", "Y") else "0"


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _refuse(path: Path, what: str, names: list[str]) -> None:
    if names:
        raise UnusableList(f"{path}: {what} {len(names)}: 0; the first is {names[0]}")
