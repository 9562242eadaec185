import pytest
from sqlalchemy import Engine, text

from tests.builders.clock import NOON
from tests.builders.command import Command
from tests.builders.studies import posted


def test_an_empty_database_is_upgraded(
    command: Command, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_DATABASE__URL", empty_url)

    assert command.text("database", "upgrade") == "upgrade: schema 0007\n"


def test_a_newer_database_is_refused(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert command.code("database", "upgrade") == 78
    assert "9999 is newer than this program" in command.captured.readouterr().err


def test_days_that_are_over_are_rolled_up_once(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        posted(connection, now=NOON)

    assert command.text("database", "roll-up") == "roll-up: 1 days\n"
    assert command.text("database", "roll-up") == "roll-up: 0 days\n"
