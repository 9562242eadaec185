"""``triage worklist list`` on both engines, as a person, a spreadsheet and a browser read it."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pydicom
import pytest
from sqlalchemy import Engine

from tests.builders.clock import NOON
from tests.builders.command import Command
from tests.builders.listed_studies import Listed, list_studies
from tests.builders.studies import STUDY, finished, leased, receipt
from tests.unit.cli.pages import Reader
from triage.cli.tables import Format
from triage.database.engine import database_time
from triage.domain.assessment import Tier
from triage.spool import Spool

LIST = ("worklist", "list", "--date", "2026-01-05")
FILM = Path(__file__).parents[3] / "sample_dicoms" / "dx_mass.dcm"
HOSTILE = (
    "'; DROP TABLE study; --",
    '=HYPERLINK("http://10.0.0.1","x")',
    "\"'><img src=x onerror=alert(1)><script>alert(1)</script>",
)


def keep(folder: Path, engine: Engine, *, name: str = "Doe^Jane") -> Path:
    """Receive and assess a film of a patient of this name, and return its file."""
    film = pydicom.dcmread(FILM)
    film.SpecificCharacterSet, film.PatientName, film.AccessionNumber = "ISO_IR 192", name, "A1"
    contents = io.BytesIO()
    film.save_as(contents)
    spool = Spool(folder / "data" / "spool")
    digest = spool.write([contents.getvalue()])
    with engine.begin() as connection:
        lease = leased(connection, receipt(digest=digest), now=NOON)
        finished(connection, lease, now=NOON)
    return spool.path(digest)


def row_of(command: Command, *options: str) -> dict[str, str]:
    (row,) = csv.DictReader(io.StringIO(command.text(*LIST, "--format", "csv", *options)))
    return row


@pytest.mark.parametrize("form", Format)
def test_an_empty_list_is_written_in_every_format(
    command: Command, database: Engine, form: Format
) -> None:
    assert database
    assert command.text("worklist", "list", "--format", form)


def test_a_table_has_the_studies_in_their_order(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        list_studies(connection, [Listed(), Listed(tier=Tier.FLAGGED), Listed(priority=3)])

    head, *rows = command.text(*LIST).splitlines()

    assert head.split()[:3] == ["place", "study_uid", "ordered_priority"]
    assert [row.split()[:3] for row in rows] == [
        ["1", "2.25.3", "STAT"],
        ["2", "2.25.2", "ROUTINE"],
        ["3", "2.25.1", "ROUTINE"],
    ]


def test_json_keeps_numbers_as_numbers(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        list_studies(connection, [Listed(90 * timedelta(minutes=1))])

    (row,) = json.loads(command.text(*LIST, "--format", "json"))

    assert (row["place"], row["waited_h"], row["probability"]) == (1, 1.5, 0.1)


def test_without_a_day_todays_list_is_told(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        list_studies(connection, [Listed(timedelta(0))], end=database_time(connection))

    assert "2.25.1" in command.text("worklist", "list")


@pytest.mark.parametrize("form", Format)
def test_nobody_is_named_unless_it_is_asked_for(
    command: Command, database: Engine, tmp_path: Path, form: Format
) -> None:
    keep(tmp_path, database)

    told = command.text(*LIST, "--format", form)

    assert STUDY in told
    assert "Jane" not in told


@pytest.mark.parametrize("form", Format)
def test_patients_are_named_where_it_is_asked_for(
    command: Command, database: Engine, tmp_path: Path, form: Format
) -> None:
    keep(tmp_path, database)

    assert "Doe Jane" in command.text(*LIST, "--format", form, "--patients")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_name_to_a_browser(
    command: Command, database: Engine, tmp_path: Path, name: str
) -> None:
    keep(tmp_path, database, name=name)

    read = Reader(command.text(*LIST, "--format", "html", "--patients"))

    assert all(group in read.text for group in name.split("="))
    assert "script" not in read.tags


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_to_a_spreadsheet_and_to_the_database(
    command: Command, database: Engine, tmp_path: Path, name: str
) -> None:
    keep(tmp_path, database, name=name)

    told = row_of(command, "--patients")["patient_name"]

    assert told.removeprefix("'" if name.startswith("=") else "") == name
    assert not told.startswith("=")
    assert row_of(command)["study_uid"] == STUDY


def test_the_page_shows_film_and_map_and_loads_nothing(
    command: Command, database: Engine, tmp_path: Path
) -> None:
    keep(tmp_path, database)

    told = command.text(*LIST, "--format", "html")

    assert told.count('src="data:image/jpeg;base64,') == told.count("src=") == 2
    assert "default-src 'none'" in told
    assert "href" not in told


def test_a_film_that_was_swept_is_said_to_be_gone(
    command: Command, database: Engine, tmp_path: Path
) -> None:
    keep(tmp_path, database).unlink()

    told = command.text(*LIST, "--format", "html", "--patients")

    assert "film no longer kept" in told
    assert "name not known" in told


def test_a_list_is_written_to_a_file_that_others_do_not_read(
    command: Command, database: Engine, tmp_path: Path
) -> None:
    keep(tmp_path, database)
    file = tmp_path / "list.csv"
    file.write_text("yesterday's", encoding="utf-8")

    assert command.text(*LIST, "--format", "csv", "--to", str(file)) == ""

    assert STUDY in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.glob("*list*")] == ["list.csv"]


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--date", "2026-02-30"), 64, "2026-02-30"),
        (("--date", "2026-01-05'; DROP TABLE study; --"), 64, "DROP"),
        (("--format", "pdf"), 64, "pdf"),
        (("--to", "/nowhere/list.html"), 78, "--to /nowhere/list.html: No such file"),
    ],
)
def test_what_cannot_be_done_is_named(
    command: Command, database: Engine, options: tuple[str, ...], code: int, told: str
) -> None:
    assert database
    assert command.code("worklist", "list", *options) == code
    assert told in command.captured.readouterr().err
