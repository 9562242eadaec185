"""Whose film it is, in letters that can be read: for a list that a person prints."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom import Dataset

from triage.domain.hidden import Hidden

_ASKED = {
    "name": "PatientName",
    "patient_id": "PatientID",
    "birth_date": "PatientBirthDate",
    "accession": "AccessionNumber",
}
NOBODY = Hidden("")


@dataclass(frozen=True, slots=True)
class Person:
    """Patient and order of a film; what its header does not tell is empty."""

    name: Hidden = NOBODY
    patient_id: Hidden = NOBODY
    birth_date: Hidden = NOBODY
    accession: Hidden = NOBODY


def person(path: Path) -> Person:
    """Read patient and order of a spooled film, in the film's own character set.

    Args:
        path: a Part 10 file, or a data set without preamble; its pixels are not read.

    Returns:
        The attributes without padding and without the name's carets; of a header that cannot be
        read, or a file that has gone, nothing.
    """
    with warnings.catch_warnings():
        # pydicom warns of what it would have to repair; here it is only shown.
        warnings.simplefilter("ignore")
        try:
            source = pydicom.dcmread(
                path, stop_before_pixels=True, force=True, specific_tags=list(_ASKED.values())
            )
            return Person(**{name: Hidden(_text(source, tag)) for name, tag in _ASKED.items()})
        except (EOFError, OSError, RuntimeError, ValueError):
            return Person()


def name_groups(name: str) -> list[str]:
    """Part a name into its alphabetic, ideographic and phonetic groups (PS3.5 6.2.1.1).

    >>> name_groups("Yamada Tarou=山田 太郎=やまだ たろう")
    ['Yamada Tarou', '山田 太郎', 'やまだ たろう']
    """
    return [group.strip() for group in name.split("=") if group.strip()]


def _text(source: Dataset, keyword: str) -> str:
    value = source.get(keyword)
    letters = "" if value is None else str(value).replace("^", " ").replace("\0", " ")
    return " ".join(letters.split())
