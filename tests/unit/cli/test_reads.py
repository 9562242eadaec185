"""``triage reads import`` on both engines: each line's fate is told, and nothing is lost."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from tests.builders.command import Command
from tests.builders.reads import assessed_study
from tests.builders.studies import STUDY
from tests.unit.evaluate.lists import written
from triage.database.reads_schema import reads

HEAD = "study,accession,label,answer,reader,time"
GOOD = f"{STUDY},,tumour,present,A,2026-01-05T12:00:00Z"
BY_NUMBER = ",CANARYACC,tumour,absent,B,2026-01-05T12:00:00Z"
LOST = GOOD.replace(f"{STUDY},", ",CANARYLOST")
WRONG = GOOD.replace("present", "CANARYNAME^ZEPHYRINA")


@pytest.fixture
def here(database: Engine) -> Engine:
    """A database with one assessed study, whose accession number is CANARYACC."""
    with database.begin() as connection:
        assessed_study(connection, accession="CANARYACC")
    return database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "reads.csv"


def kept(engine: Engine) -> int:
    with engine.begin() as connection:
        return connection.execute(select(func.count()).select_from(reads)).scalar_one()


def test_every_line_is_imported_and_told(command: Command, here: Engine, file: Path) -> None:
    shown = command.text("reads", "import", str(written(file, HEAD, GOOD, BY_NUMBER)))

    assert shown.splitlines() == [
        "lines 2 to 3: imported",
        "2 imported, 0 read again, 0 known already, 0 refused",
    ]
    assert kept(here) == 2


def test_a_second_import_changes_nothing(command: Command, here: Engine, file: Path) -> None:
    command.text("reads", "import", str(written(file, HEAD, GOOD, BY_NUMBER)))

    shown = command.text("reads", "import", str(file))

    assert shown.splitlines()[-1] == "0 imported, 0 read again, 2 known already, 0 refused"
    assert kept(here) == 2


def test_wrong_lines_are_told_by_number_and_all_others_are_kept(
    command: Command, here: Engine, file: Path
) -> None:
    written(file, HEAD, GOOD, LOST, WRONG, "", BY_NUMBER)

    assert command.code("reads", "import", str(file)) == 65

    assert command.captured.readouterr().out.splitlines() == [
        "line 2: imported",
        "line 3: refused: accession: no study here has this number",
        "line 4: refused: answer: present or absent",
        "line 6: imported",
        "2 imported, 0 read again, 0 known already, 2 refused",
    ]
    assert kept(here) == 2


@pytest.mark.parametrize("options", [(), ("--json",), ("--dry-run",)])
def test_nothing_that_is_printed_names_a_patient(
    command: Command, here: Engine, file: Path, options: tuple[str, ...]
) -> None:
    assert here
    written(file, HEAD, GOOD, LOST, WRONG, BY_NUMBER, f"{BY_NUMBER},CANARY")

    assert command.code("reads", "import", str(file), *options) == 65

    out, err = command.captured.readouterr()
    assert "refused" in out
    assert "CANARY" not in out + err


def test_a_dry_run_tells_all_and_keeps_nothing(command: Command, here: Engine, file: Path) -> None:
    shown = command.text("reads", "import", str(written(file, HEAD, GOOD)), "--dry-run")

    assert shown.splitlines()[-1].startswith("dry run, nothing is kept: 1 imported,")
    assert kept(here) == 0


def test_json_tells_each_line(command: Command, here: Engine, file: Path) -> None:
    assert here
    command.code("reads", "import", str(written(file, HEAD, GOOD, WRONG)), "--json")

    told = json.loads(command.captured.readouterr().out)
    assert (told["imported"], told["refused"], told["dry_run"]) == (1, 1, False)
    assert told["lines"] == [
        {"line": 2, "ending": "imported", "why": ""},
        {"line": 3, "ending": "refused", "why": "answer: present or absent"},
    ]


@pytest.mark.parametrize("lines", [[HEAD, GOOD, '"CANARY'], ["CANARY,CANARY"], []])
def test_a_file_whose_lines_cannot_be_told_is_refused_as_a_whole(
    command: Command, here: Engine, file: Path, lines: list[str]
) -> None:
    assert command.code("reads", "import", str(written(file, *lines))) == 65

    assert "CANARY" not in "".join(command.captured.readouterr())
    assert kept(here) == 0


def test_a_file_without_lines_imports_nothing(command: Command, here: Engine, file: Path) -> None:
    assert here
    shown = command.text("reads", "import", str(written(file, HEAD)))

    assert shown == "0 imported, 0 read again, 0 known already, 0 refused\n"


def test_a_database_that_fails_names_no_patient(command: Command, here: Engine, file: Path) -> None:
    with here.begin() as connection:
        connection.execute(text("DROP TABLE identity"))

    assert command.code("reads", "import", str(written(file, HEAD, BY_NUMBER))) == 69

    out, err = command.captured.readouterr()
    assert err.startswith("triage: database: ")
    assert "CANARY" not in out + err


def test_where_no_daemon_has_run_nothing_is_made(
    command: Command, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setenv("TRIAGE_DATABASE__URL", f"sqlite:///{file.with_suffix('.sqlite3')}")

    assert command.code("reads", "import", str(written(file, HEAD, GOOD))) == 78
