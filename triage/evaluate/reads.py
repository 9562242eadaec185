"""A site's file of radiologists' reads: each line is a reading, or is refused by its number.

No message repeats what stands in a cell: in a file whose columns have moved, a label or a time may
be a patient's name.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from triage.domain.errors import UnusableList
from triage.domain.hidden import Hidden
from triage.domain.reading import LONGEST, Answer, Ending, Fate, Reading
from triage.evaluate.listing import read_text
from triage.evaluate.readers import LABELS, MODEL, READER

STUDY, ACCESSION = "study", "accession"
LABEL, ANSWER, TIME = "label", "answer", "time"
NEEDED = (LABEL, ANSWER, READER, TIME)

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


class _Wrong(Exception):
    """A line that is no reading; the message tells the column and what belongs there."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of reads.

    Args:
        readings: the lines that can be read, in their order.
        refused: those that cannot.
    """

    readings: tuple[Reading, ...]
    refused: tuple[Fate, ...]


def read_reads(path: Path) -> Sheet:
    """Read a file of reads; empty lines are no lines.

    Args:
        path: CSV in UTF-8, plain or gzipped, with a line of names: ``study`` or ``accession`` or
            both, and ``label``, ``answer``, ``reader``, ``time``. Other columns are not looked at.

    Raises:
        UnusableList: the whole file is refused: it cannot be read, lacks a column or has one
            twice, or its quotes do not close, so that nobody can tell where a line ends.
    """
    lines = _lines(path, read_text(path))
    columns = _columns(path, next(lines, (1, []))[1])
    readings, refused = [], []
    for number, cells in lines:
        try:
            readings.append(_reading(number, _named(columns, cells)))
        except _Wrong as wrong:
            refused.append(Fate(number, Ending.REFUSED, str(wrong)))
    return Sheet(tuple(readings), tuple(refused))


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that has something in it, with the number at which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        begin = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            raise UnusableList(f"{path}: from line {begin} on this is no CSV") from None
        if any(cells):
            yield begin, cells


def _columns(path: Path, names: list[str]) -> list[str]:
    missing = [name for name in NEEDED if name not in names]
    if STUDY not in names and ACCESSION not in names:
        missing.insert(0, f"{STUDY} or {ACCESSION}")
    if missing:
        raise UnusableList(f"{path}: line 1 names no column {', '.join(missing)}")
    twice = [name for name in (STUDY, ACCESSION, *NEEDED) if names.count(name) > 1]
    if twice:
        raise UnusableList(f"{path}: line 1 names the column {twice[0]} more than once")
    return names


def _named(columns: list[str], cells: list[str]) -> Mapping[str, str]:
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        raise _Wrong(f"{len(cells)} fields: {len(columns)}, as in line 1")
    return dict(zip(columns, cells, strict=False))


def _reading(line: int, row: Mapping[str, str]) -> Reading:
    study, accession = row.get(STUDY, ""), row.get(ACCESSION, "")
    if not study and not accession:
        raise _Wrong(f"{STUDY}, {ACCESSION}: one of them names the study")
    if study and (len(study) > LONGEST or not _UID.fullmatch(study)):
        raise _Wrong(f"{STUDY}: a Study Instance UID")
    if accession:
        _check(ACCESSION, accession)
    return Reading(
        line=line,
        study_uid=study or None,
        accession=Hidden(accession) if accession else None,
        label=_check(LABEL, row[LABEL]),
        answer=_answer(row[ANSWER]),
        reader=_reader(row[READER]),
        read_at=_time(row[TIME]),
    )


def _check(column: str, text: str) -> str:
    if not text or len(text) > LONGEST or not text.isprintable():
        raise _Wrong(f"{column}: 1 to {LONGEST} printable letters")
    return text


def _answer(text: str) -> Answer:
    if text not in set(Answer):
        raise _Wrong(f"{ANSWER}: {' or '.join(Answer)}")
    return Answer(text)


def _reader(text: str) -> str:
    """Spell a name in one way: an accent belongs to its letter, a space is one."""
    name = _check(READER, " ".join(unicodedata.normalize("NFC", text).split()))
    if name in (MODEL, LABELS):
        raise _Wrong(f"{READER}: a person, neither {MODEL} nor {LABELS}")
    return name


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise _Wrong(f"{TIME}: without a zone, such as +01:00 or Z")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(f"{TIME}: ISO 8601, such as 2026-11-26T08:15:00+01:00") from None
