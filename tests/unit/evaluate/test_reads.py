import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.evaluate.lists import written
from triage.domain.errors import UnusableList
from triage.domain.reading import Answer, Fate, Reading
from triage.evaluate.reads import NEEDED, Sheet, read_reads

HEAD = "study,accession,label,answer,reader,time"
GOOD = "2.25.1,,tumour,present,Dr A,2026-01-05T13:00:00+01:00"
NAME = "CANARYNAME^ZEPHYRINA"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reads.csv"


def sheet(file: Path, *lines: str, head: str = HEAD) -> Sheet:
    return read_reads(written(file, head, *lines))


def test_a_line_is_a_reading_with_its_number_and_a_time_in_utc(file: Path) -> None:
    found = sheet(file, GOOD)

    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert found.readings == (Reading(2, "2.25.1", None, "tumour", Answer.PRESENT, "Dr A", noon),)
    assert found.refused == ()


def test_an_accession_number_names_the_study_and_keeps_its_zeros(file: Path) -> None:
    (reading,) = sheet(file, "00123,tumour,absent,B,2026-01-05T12:00Z", head=HEAD[6:]).readings

    assert reading.accession is not None
    assert (reading.study_uid, reading.accession.reveal) == (None, "00123")


def test_both_may_name_the_study(file: Path) -> None:
    (reading,) = sheet(file, "2.25.1,A-1,tumour,absent,B,2026-01-05T12:00Z").readings

    assert reading.accession is not None
    assert (reading.study_uid, reading.accession.reveal) == ("2.25.1", "A-1")


def test_columns_stand_in_any_order_and_others_are_not_looked_at(file: Path) -> None:
    head = "reader,note,time,answer,label,study"
    line = f"B,{NAME},2026-01-05T12:00Z,absent,tumour,2.25.1"

    (reading,) = sheet(file, line, head=head).readings

    assert (reading.reader, reading.answer, reading.label) == ("B", Answer.ABSENT, "tumour")


def test_a_name_is_spelled_in_one_way(file: Path) -> None:
    line = "2.25.1,,tumour,absent, Rene\u0301\u3000Li ,2026-01-05T12:00Z"

    (reading,) = sheet(file, line).readings

    assert reading.reader == "Ren\u00e9 Li"


def test_empty_lines_are_no_lines_but_are_counted(file: Path) -> None:
    found = sheet(file, "", ",,,,,", GOOD)

    assert [reading.line for reading in found.readings] == [4]


def test_a_cell_of_two_lines_leaves_the_numbers_right(file: Path) -> None:
    found = sheet(file, GOOD.replace("Dr A", '"Dr\nA"'), GOOD)

    assert [reading.line for reading in found.readings] == [2, 4]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f",,{GOOD[8:]}", "study, accession: one of them names the study"),
        (GOOD.replace("2.25.1", NAME), "study: a Study Instance UID"),
        (GOOD.replace("2.25.1", "2." + "5" * 63), "study: a Study Instance UID"),
        (GOOD.replace(",,", f",{NAME}\x07,"), "accession: 1 to 64 printable letters"),
        (GOOD.replace("tumour", ""), "label: 1 to 64 printable letters"),
        (GOOD.replace("tumour", "tum\0our"), "label: 1 to 64 printable letters"),
        (GOOD.replace("present", NAME), "answer: present or absent"),
        (GOOD.replace("present", "Present"), "answer: present or absent"),
        (GOOD.replace("present", "1"), "answer: present or absent"),
        (GOOD.replace("Dr A", ""), "reader: 1 to 64 printable letters"),
        (GOOD.replace("Dr A", "A" * 65), "reader: 1 to 64 printable letters"),
        (GOOD.replace("Dr A", "A\u202eB"), "reader: 1 to 64 printable letters"),
        (GOOD.replace("Dr A", "model"), "reader: a person, neither model nor labels"),
        (GOOD.replace("Dr A", "labels"), "reader: a person, neither model nor labels"),
        (GOOD.replace("+01:00", ""), "time: without a zone, such as +01:00 or Z"),
        (GOOD.replace("2026-01-05", "2026-02-30"), "time: ISO 8601, such as"),
        (GOOD.replace("2026-01-05T13", "0001-01-01T00"), "time: ISO 8601, such as"),
        (GOOD.replace("2026-01-05T", f"{NAME} "), "time: ISO 8601, such as"),
        ("2.25.1,,tumour,present", "4 fields: 6, as in line 1"),
        (f"{GOOD},{NAME}", "7 fields: 6, as in line 1"),
    ],
)
def test_a_line_that_is_no_reading_is_refused_by_its_number(
    file: Path, line: str, why: str
) -> None:
    found = sheet(file, GOOD, line, GOOD)

    (fate,) = found.refused
    assert (fate.line, fate.why[: len(why)]) == (3, why)
    assert [reading.line for reading in found.readings] == [2, 4]


@pytest.mark.parametrize("column", range(6))
def test_no_message_repeats_what_stands_in_a_cell(file: Path, column: int) -> None:
    cells = GOOD.split(",")
    cells[column] = f"{NAME}\x07"

    fates: tuple[Fate, ...] = sheet(file, ",".join(cells)).refused

    assert len(fates) == 1
    assert NAME not in repr(fates)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "line 1 names no column study or accession, label, answer, reader, time"),
        ([NAME], "line 1 names no column study or accession, label"),
        (["study,label,answer,reader"], "line 1 names no column time"),
        ([HEAD.replace(",", ";")], "line 1 names no column study or accession"),
        (["label,answer,reader,time"], "line 1 names no column study or accession"),
        ([f"{HEAD},label"], "line 1 names the column label more than once"),
        ([HEAD, GOOD, f'"{NAME}', GOOD], "from line 3 on this is no CSV"),
        ([HEAD, f'"2.25.1"{NAME},,'], "from line 2 on this is no CSV"),
        ([HEAD, "a" * 140_000], "from line 2 on this is no CSV"),
    ],
)
def test_a_file_whose_lines_cannot_be_told_is_refused_as_a_whole(
    file: Path, lines: list[str], why: str
) -> None:
    with pytest.raises(UnusableList, match=why) as error:
        read_reads(written(file, *lines))

    assert NAME not in str(error.value)


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(HEAD.encode() + b"\n\xff\xfe")

    with pytest.raises(UnusableList, match="no text in UTF-8"):
        read_reads(file)


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(UnusableList, match="No such file"):
        read_reads(file)


def test_a_file_from_a_spreadsheet_and_a_gzipped_one_are_read(file: Path) -> None:
    text = f"\ufeff{HEAD}\r\n{GOOD}\r\n"
    file.write_bytes(gzip.compress(text.encode()))

    assert [reading.line for reading in read_reads(file).readings] == [2]


def test_the_documented_file_is_read_and_every_column_is_documented(file: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/reads.md").read_text("utf-8")
    example = next(block for block in page.split("```") if block.strip().startswith("study,"))

    found = read_reads(written(file, *example.strip().splitlines()))

    assert (len(found.readings), found.refused) == (4, ())
    assert all(f"| `{column}` |" in page for column in ("study", "accession", *NEEDED))
