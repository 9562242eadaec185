import pytest
from sqlalchemy import Engine, text

from tests.builders.command import Command


def test_an_empty_database_is_upgraded(
    command: Command, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_DATABASE__URL", empty_url)

    assert command.text("database", "upgrade") == "upgrade: schema 0003\n"


def test_a_newer_database_is_refused(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert command.code("database", "upgrade") == 78
    assert "9999 is newer than this program" in command.captured.readouterr().err
