import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine, text

from tests.builders.command import Command
from triage.cli.options import (
    day_named,
    make_folder,
    pairs_of,
    print_json,
    who,
    with_progress,
)
from triage.database.migrate import require_newest
from triage.domain.errors import ConfigurationError

NEWER = "9999 is newer than this program"
OLDER = "its schema is 0001: run triage database upgrade"


def test_json_writes_times_in_iso_8601(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": datetime(2026, 1, 5, 12, tzinfo=UTC), "name": "肺"})

    shown = capsys.readouterr().out
    assert json.loads(shown) == {"at": "2026-01-05T12:00:00+00:00", "name": "肺"}
    assert "肺" in shown


def test_an_operator_is_named_by_the_account() -> None:
    assert who().startswith("operator:")


def test_a_pair_is_cut_at_its_first_sign() -> None:
    assert pairs_of("--only", ["a=b=c", "remark="]) == (("a", "b=c"), ("remark", ""))


@pytest.mark.parametrize("text", ["split", "=train"])
def test_a_pair_without_name_or_sign_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"--only .*: a name, =, and a value"):
        pairs_of("--only", [text])


def test_every_path_is_counted_and_none_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [Path("a"), Path("b")]

    assert list(with_progress(paths)) == paths
    assert capsys.readouterr().err == ""


def test_a_folder_is_made_unless_something_is_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("a letter")

    make_folder(tmp_path / "new/deep")

    assert (tmp_path / "new/deep").is_dir()
    with pytest.raises(ConfigurationError, match=r"--to .*letter"):
        make_folder(tmp_path / "letter")


COMMANDS = {
    "report": ("report", "flag-rate"),
    "list": ("worklist", "list"),
    "show": ("worklist", "show"),
    "run": ("worklist", "run"),
    "status": ("status",),
    "explain": ("explain", "2.25.1"),
    "roll-up": ("database", "roll-up"),
    "reindex": ("database", "reindex"),
    "learn": ("learn",),
    "requeue": ("requeue", "2.25.1"),
}
"""What begins with a database that is there; none of them upgrades it."""


@pytest.mark.parametrize(("revision", "told"), [("9999", NEWER), ("0001", OLDER)])
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_another_schema_than_the_programs_is_refused(
    command: Command, database: Engine, words: tuple[str, ...], revision: str, told: str
) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})

    assert command.code(*words) == 78
    assert told in command.captured.readouterr().err


@pytest.mark.parametrize("name", ["report", "list", "show", "status", "roll-up"])
def test_the_programs_own_schema_is_not_refused(
    command: Command, database: Engine, name: str
) -> None:
    assert database
    assert command.text(*COMMANDS[name])


def test_to_look_at_the_schema_waits_for_nobody(command: Command, shared_sqlite: Engine) -> None:
    assert command
    with shared_sqlite.begin() as writer, shared_sqlite.connect() as connection:
        require_newest(connection)
        assert writer.in_transaction()
        assert not connection.in_transaction()


def test_a_day_is_read() -> None:
    assert f"{day_named('2026-11-26'):%d %B %Y}" == "26 November 2026"


@pytest.mark.parametrize("text", ["26.11.2026", "2026-02-30", "yesterday", ""])
def test_a_day_that_is_none_is_refused_in_our_words(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"^{text}: a day of the calendar, such as 2026"):
        day_named(text)
