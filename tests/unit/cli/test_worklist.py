"""``triage worklist`` on both engines, against a PACS that follows a script."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from tests.builders.clock import NOON
from tests.builders.command import Command
from tests.builders.free_port import free_port
from tests.builders.listed import listing, study_of
from tests.builders.listed_studies import Listed, list_studies
from tests.builders.matches import answering, match, matching
from tests.builders.scripted import ScriptedPacs, scripted_pacs
from tests.builders.studies import CAPTURE, PACS, STUDY, corrected, finished, leased, receipt
from triage.database import runs
from triage.database.engine import database_time
from triage.database.worklist import record_listing
from triage.database.worklist_schema import worklist_study
from triage.domain.worklist import Verdict

DAY = NOON.date()
LEVELS = {
    "STUDY": [match(StudyInstanceUID="2.25.100")],
    "SERIES": [match(SeriesInstanceUID="2.25.100.1", Modality="CR")],
    "IMAGE": [match(SOPInstanceUID="2.25.101")],
}
FOR_THE_DAY = ("--date", str(DAY))
NIGHT = [
    "reading-list-2026-01-05.csv",
    "reading-list-2026-01-05.html",
    "reading-list-2026-01-05.json",
    "reconciliation-2026-01-05.json",
]
STUDY_1 = "2.25.1,"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing."""
    monkeypatch.setenv("TRIAGE_WORKLIST__FINISH_WITHIN_S", "0")
    monkeypatch.setenv("TRIAGE_SPOOL__RESERVE_GB", "0")


@pytest.fixture
def pacs(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedPacs]:
    """A PACS with one study."""
    with scripted_pacs(answering(matching(LEVELS))) as running:
        monkeypatch.setenv("TRIAGE_PACS__PORT", str(running.peer.port))
        yield running


def assess(engine: Engine) -> None:
    """Receive and assess the study that the PACS has."""
    with engine.begin() as connection:
        now = database_time(connection)
        finished(connection, leased(connection, receipt(), now=now), now=now)


def test_a_dry_run_says_what_would_be_pulled_and_writes_nothing(
    command: Command, database: Engine, pacs: ScriptedPacs
) -> None:
    shown = command.text("worklist", "run", "--dry-run", *FOR_THE_DAY)

    assert "      1  expected\n" in shown
    assert shown.endswith("would pull 2.25.100\n")
    with database.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(worklist_study)) == 0
    assert pacs.talks


def test_a_dry_run_of_what_is_here_would_pull_nothing(
    command: Command, database: Engine, pacs: ScriptedPacs
) -> None:
    assess(database)

    told = json.loads(command.text("worklist", "run", "--dry-run", "--json", *FOR_THE_DAY))

    assert (told["would_pull"], told["gaps"], told["day"]) == ([], [], "2026-01-05")
    assert pacs.talks


@pytest.mark.usefixtures("pacs")
def test_a_run_through_what_is_here_is_exact(command: Command, database: Engine) -> None:
    assess(database)

    shown = command.text("worklist", "run", *FOR_THE_DAY)

    assert shown.startswith("worklist of 2026-01-05: exact\n")
    assert "      1  assessed\n" in shown


@pytest.mark.usefixtures("pacs", "database")
def test_a_run_leaves_list_and_reconciliation_in_a_folder(
    command: Command, database: Engine, tmp_path: Path
) -> None:
    assess(database)
    folder = tmp_path / "nights"

    told = command.read("worklist", "run", "--to", str(folder), *FOR_THE_DAY)

    assert sorted(each.name for each in folder.iterdir()) == NIGHT
    assert json.loads((folder / "reconciliation-2026-01-05.json").read_text()) == told
    assert "Reading list" in (folder / "reading-list-2026-01-05.html").read_text()
    assert {each.stat().st_mode & 0o077 for each in folder.iterdir()} == {0}


@pytest.mark.usefixtures("database")
def test_a_night_is_not_begun_where_it_could_not_be_written(
    command: Command, pacs: ScriptedPacs, tmp_path: Path
) -> None:
    (tmp_path / "letter").write_text("a letter")

    assert command.code("worklist", "run", "--to", str(tmp_path / "letter"), *FOR_THE_DAY) == 78
    assert pacs.talks == []


def test_show_writes_the_night_anew(command: Command, database: Engine, tmp_path: Path) -> None:
    show = ("worklist", "show", "--to", str(tmp_path), *FOR_THE_DAY)
    listed = tmp_path / "reading-list-2026-01-05.csv"
    assert command.code(*show) == 0
    before = listed.read_text()

    with database.begin() as connection:
        list_studies(connection, [Listed()])

    assert command.code(*show) == 0
    assert STUDY_1 not in before
    assert STUDY_1 in listed.read_text()


@pytest.mark.usefixtures("pacs", "database")
def test_a_run_that_does_not_get_everything_is_75_and_names_what_lacks(command: Command) -> None:
    assert command.code("worklist", "run", *FOR_THE_DAY) == 75

    shown = command.captured.readouterr().out
    assert shown.startswith("worklist of 2026-01-05: mismatch\n")
    assert "2.25.100  missing, 1 of 1 films missing: pulled, and not all came" in shown


def test_a_pacs_that_cannot_be_reached_is_69_in_a_dry_run(
    command: Command, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_PACS__PORT", str(free_port()))

    assert command.code("worklist", "run", "--dry-run", *FOR_THE_DAY) == 69
    assert "triage: the PACS cannot be reached" in command.captured.readouterr().err
    assert database


def test_show_tells_the_list_as_it_is_now(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        record_listing(connection, DAY, listing(study_of("2.25.100", "2.25.101")))
    assert command.code("worklist", "show", *FOR_THE_DAY) == 75
    command.captured.readouterr()

    assess(database)

    told = json.loads(command.text("worklist", "show", "--json", *FOR_THE_DAY))
    assert told["studies"]["assessed"] == 1
    assert told["list"] == [
        {
            "study": "2.25.100",
            "priority": 0,
            "outcome": "assessed",
            "why": None,
            "expected": 1,
            "missing": 0,
        }
    ]


@pytest.mark.usefixtures("pacs")
def test_a_nights_report_lists_what_is_to_be_removed_by_a_person(
    command: Command, database: Engine
) -> None:
    with database.begin() as connection:
        corrected(connection, now=NOON)

    command.code("worklist", "run", *FOR_THE_DAY)

    shown = command.captured.readouterr().out
    assert "      1  to remove\n" in shown
    assert (
        f"to be removed from {PACS} (sent): {CAPTURE} of study {STUDY}, "
        "replaced by 2.25.103 (WAITING)\n"
    ) in shown


def test_what_is_to_be_removed_is_in_the_json(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        corrected(connection, now=NOON)

    (row,) = json.loads(command.text("worklist", "show", "--json", *FOR_THE_DAY))["to_remove"]

    assert (row["sop_instance_uid"], row["destination"], row["at_pacs"]) == (CAPTURE, PACS, "sent")


def test_what_was_superseded_on_another_day_is_not_of_this_report(
    command: Command, database: Engine
) -> None:
    with database.begin() as connection:
        corrected(connection, now=NOON + timedelta(days=1))

    assert "removed" not in command.text("worklist", "show", *FOR_THE_DAY)


def test_a_day_whose_night_was_missed_is_not_exact(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        now = database_time(connection)
        runs.fire(connection, due_at=NOON, day=DAY, until=NOON)
        runs.end_missed(connection, now=now)

    assert command.code("worklist", "show", *FOR_THE_DAY) == 75
    shown = command.captured.readouterr().out
    assert f"worklist of 2026-01-05: {Verdict.MISSED} (its window had passed)" in shown


def test_a_night_that_died_before_it_had_a_list_is_not_exact(
    command: Command, database: Engine
) -> None:
    with database.begin() as connection:
        runs.fire(connection, due_at=NOON, day=DAY, until=None)

    assert command.code("worklist", "show", *FOR_THE_DAY) == 75
    shown = command.captured.readouterr().out
    assert shown.startswith("worklist of 2026-01-05: no run has ended (one was begun)\n")


def test_a_day_that_the_clock_passed_over_is_not_exact(
    command: Command, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_WORKLIST__CRON", "0 22 * * *")

    assert command.code("worklist", "show", "--json", *FOR_THE_DAY) == 75
    assert json.loads(command.captured.readouterr().out)["reason"] == "one was due"
    assert database


def test_a_day_whose_night_is_still_to_come_has_nothing_to_tell(
    command: Command, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_WORKLIST__CRON", "0 22 * * *")

    assert command.text("worklist", "show", "--date", "2999-01-01").endswith("proven\n")
    assert database


def test_a_day_that_was_never_listed_has_nothing_to_tell(
    command: Command, database: Engine
) -> None:
    assert command.text("worklist", "show").endswith("      0  proven\n")
    assert database


def test_what_is_to_be_removed_is_in_the_nights_file(
    command: Command, database: Engine, tmp_path: Path
) -> None:
    with database.begin() as connection:
        corrected(connection, now=NOON)

    command.code("worklist", "show", f"--to={tmp_path}", *FOR_THE_DAY)

    told = json.loads((tmp_path / NIGHT[-1]).read_text("utf-8"))
    assert [row["sop_instance_uid"] for row in told["to_remove"]] == [CAPTURE]
