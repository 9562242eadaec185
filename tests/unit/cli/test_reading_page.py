import shutil
import subprocess
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.unit.cli.pages import Reader
from triage.cli.reading_page import Listed, SmallFilm, reading_page
from triage.database.reading_list import COLUMNS
from triage.database.statistics import Table, Value
from triage.decode.person import Person
from triage.domain.hidden import Hidden

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 1, 7, 30, tzinfo=BERLIN)
CHROMIUM = shutil.which("chromium")
STUDY: dict[str, Value] = {
    "place": 1,
    "study_uid": "2.25.1",
    "ordered_priority": "ROUTINE",
    "overdue": 0,
    "tier": "above_threshold",
    "label": "tumour",
    "probability": 0.756,
    "threshold": 0.5,
    "waiting_since": "2026-06-30 22:30:00",
    "waited_h": 7.0,
    "state": "DONE",
    "code": None,
}
NOTHING: Mapping[str, SmallFilm] = {}
HOSTILE = '"><img src=x onerror=alert(1)>'


def listed(
    *changes: dict[str, Value],
    films: Mapping[str, SmallFilm] = NOTHING,
    persons: Mapping[str, Person] | None = None,
) -> Listed:
    rows = [tuple({**STUDY, **change}[name] for name in COLUMNS) for change in changes]
    day = date(2026, 7, 1)
    return Listed(day, NOW, timedelta(hours=24), Table(COLUMNS, rows), films, persons)


def words(change: dict[str, Value], persons: Mapping[str, Person] | None = None) -> str:
    return Reader(reading_page(listed(change, persons=persons))).words


def test_the_page_says_whose_list_it_is_and_how_it_is_ordered() -> None:
    told = words({})

    assert "Reading list of Wednesday, 2026-07-01" in told
    assert "As it stood at 07:30; times are Europe/Berlin; 1 studies" in told
    assert "waited more than 24 h" in told
    assert "not for diagnostic use" in told


def test_a_list_without_studies_says_so() -> None:
    assert "no studies" in Reader(reading_page(listed())).text
    assert "no studies" not in words({})


def test_times_are_those_of_the_sites_clocks() -> None:
    assert "since 2026-07-01 00:30" in words({})


@pytest.mark.parametrize(
    ("hours", "told"),
    [(0.0, "0 min"), (0.999, "1 h 00 min"), (0.5, "30 min"), (26.02, "26 h 01 min")],
)
def test_the_wait_is_told_in_hours_and_minutes(hours: float, told: str) -> None:
    assert f" {told} since " in words({"waited_h": hours})


def test_a_finding_is_told_with_its_probability_and_threshold() -> None:
    assert "above threshold tumour 0.76 threshold 0.50" in words({})


def test_whoever_waited_too_long_is_marked() -> None:
    assert "overdue" in words({"overdue": 1})
    assert "overdue" not in words({})


def test_a_film_that_was_not_assessed_has_a_reason_and_no_verdict() -> None:
    told = words({"tier": None, "label": None, "probability": None, "code": "lateral"})

    assert "not assessed lateral" in told
    assert "not therefore normal" in told


def test_a_study_that_is_not_decided_yet_tells_where_it_stands() -> None:
    nothing: dict[str, Value] = {"tier": None, "code": None, "state": "QUEUED"}

    assert "not assessed QUEUED" in words(nothing)


@pytest.mark.parametrize("column", ["study_uid", "ordered_priority", "tier", "label"])
def test_html_in_any_cell_is_text(column: str) -> None:
    read = Reader(reading_page(listed({column: HOSTILE})))

    assert HOSTILE in read.text
    assert "img" not in read.tags


def test_html_in_a_header_is_text() -> None:
    whose = Person(*(Hidden(f"{number}{HOSTILE}") for number in range(4)))

    read = Reader(reading_page(listed({}, persons={"2.25.1": whose})))

    assert all(f"{number}{HOSTILE}" in read.text for number in range(1, 4))
    assert all(group in read.text for group in f"0{HOSTILE}".split("="))
    assert "img" not in read.tags


def test_each_group_of_letters_of_a_name_has_a_line() -> None:
    whose = {"2.25.1": Person(Hidden("Suzuki Hanako=鈴木 花子=すずき はなこ"), Hidden("17"))}

    page = reading_page(listed({}, persons=whose))

    assert "<strong>Suzuki Hanako</strong><strong>鈴木 花子</strong>" in page
    assert "=鈴木" not in page


def test_a_patient_id_that_is_the_name_stands_once() -> None:
    same, other = (Person(Hidden("Covid0000"), Hidden(number)) for number in ("Covid0000", "17"))

    assert words({}, {"2.25.1": same}).count("Covid0000") == 1
    assert "Covid0000 17" in words({}, {"2.25.1": other})


def test_a_name_of_separators_alone_is_not_known() -> None:
    assert "name not known" in words({}, {"2.25.1": Person(Hidden("=="))})


def test_a_birth_date_is_written_with_dashes_and_what_is_none_as_it_is() -> None:
    born = {"2.25.1": Person(birth_date=Hidden("19600102"))}
    odd = {"2.25.1": Person(birth_date=Hidden("1960"))}

    assert "born 1960-01-02" in words({}, born)
    assert "born 1960" in words({}, odd)


def test_film_and_map_stand_in_the_page_itself() -> None:
    small = {"2.25.1": SmallFilm(b"film", b"map")}

    page = reading_page(listed({}, films=small))

    assert page.count('src="data:image/jpeg;base64,') == 2


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: the printed page is not looked at")
def test_a_page_of_many_studies_prints_on_few_sheets(tmp_path: Path) -> None:
    file, sheets = tmp_path / "list.html", tmp_path / "list.pdf"
    many: list[dict[str, Value]] = [{"place": n, "study_uid": f"2.25.{n}"} for n in range(1, 41)]
    file.write_text(reading_page(listed(*many)), encoding="utf-8")

    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={sheets}")
    subprocess.run([CHROMIUM or "", *options, file.as_uri()], check=True, capture_output=True)

    assert 1 <= sheets.read_bytes().count(b"/Type /Page\n") <= 4
