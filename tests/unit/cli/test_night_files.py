"""What a night leaves in a folder."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders.clock import NOON
from tests.builders.listed_studies import Listed, list_studies
from triage.cli.night_files import FORMATS, write_night
from triage.database import runs
from triage.domain.errors import ConfigurationError
from triage.domain.worklist import Verdict
from triage.settings import Settings

DAY = NOON.date()


def write(engine: Engine, folder: Path) -> None:
    write_night(engine, Settings(), folder, day=DAY, reconciled={"verdict": "exact"})


def test_list_and_reconciliation_are_of_one_day(database: Engine, tmp_path: Path) -> None:
    with database.begin() as connection:
        list_studies(connection, [Listed()])

    write(database, tmp_path)

    lists = [(tmp_path / f"reading-list-{DAY}.{form}").read_text() for form in FORMATS]
    assert all("2.25.1" in text for text in lists)
    told = json.loads((tmp_path / f"reconciliation-{DAY}.json").read_text())
    assert told == {"verdict": "exact"}


def test_a_night_that_ends_after_midnight_leaves_the_list_of_the_morning(
    database: Engine, tmp_path: Path
) -> None:
    evening = NOON - timedelta(hours=14)
    with database.begin() as connection:
        list_studies(connection, [Listed(timedelta(hours=18))])
        runs.fire(connection, due_at=evening, day=evening.date(), until=NOON)
        held = runs.take(connection, holder="one", now=evening, ttl=timedelta(minutes=1))
        assert held is not None
        runs.end(connection, held, verdict=Verdict.EXACT, reason=None, now=NOON)

    write_night(database, Settings(), tmp_path, day=evening.date(), reconciled={})

    assert "2.25.1" in (tmp_path / f"reading-list-{evening.date()}.csv").read_text()


def test_a_second_writing_leaves_no_other_files(database: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "nights"
    folder.mkdir()

    write(database, folder)
    write(database, folder)

    assert len(list(folder.iterdir())) == len(FORMATS) + 1


def test_what_cannot_take_its_place_is_not_left(database: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "nights"
    (folder / f"reading-list-{DAY}.csv").mkdir(parents=True)

    with pytest.raises(ConfigurationError, match="Is a directory"):
        write(database, folder)

    assert [each.name for each in folder.iterdir()] == [f"reading-list-{DAY}.csv"]


def test_a_folder_that_has_gone_is_named(database: Engine, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--to .*No such file"):
        write(database, tmp_path / "gone")
