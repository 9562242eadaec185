import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.builders.clock import NOON
from tests.builders.command import Command
from tests.builders.disaster import Site, spoil
from tests.builders.studies import FILM, posted


def test_an_empty_database_is_upgraded(
    command: Command, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_DATABASE__URL", empty_url)

    assert command.text("database", "upgrade") == "upgrade: schema 0013\n"


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


@pytest.fixture
def site(tmp_path: Path, database: Engine) -> Site:
    """The data folder of the commands."""
    return Site(tmp_path / "data", database)


def test_a_house_in_order_is_told_to_be(command: Command) -> None:
    assert command.text("database", "check") == (
        "looked at 0 film rows, 0 film files, 0 capture rows, 0 capture files: no problems\n"
    )


def test_what_is_wrong_is_listed_and_the_exit_code_says_so(command: Command, site: Site) -> None:
    film = site.film(FILM)

    assert command.code("database", "check") == 65

    told = command.captured.readouterr().out.splitlines()
    assert told[0] == f"film_unlisted    file {film.digest}: no row names it"
    assert told[-1].endswith("1 film files, 0 capture rows, 0 capture files: 1 problems")


def test_a_check_is_read_by_a_program(command: Command, site: Site) -> None:
    film = site.film(FILM)

    command.code("database", "check", "--json")

    told = json.loads(command.captured.readouterr().out)
    assert told["counts"] == {"film_unlisted": 1}
    assert told["problems"] == [
        {
            "code": "film_unlisted",
            "subject": f"file {film.digest}",
            "sentence": "no row names it",
        }
    ]


def test_a_newer_database_is_not_checked(command: Command, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert command.code("database", "check") == 78


def test_rows_are_made_anew_and_told(command: Command, site: Site) -> None:
    site.capture(site.film(FILM))

    dry = command.text("database", "reindex", "--dry-run").splitlines()
    wet = command.text("database", "reindex").splitlines()

    assert dry == ["nothing was written; without --dry-run this would be done:", *wet]
    assert wet[0] == "      1  films got their rows"
    assert command.code("database", "check") == 0


def test_a_file_that_cannot_be_read_is_65(command: Command, site: Site) -> None:
    spoil(site.films.path(site.film(FILM).digest))

    assert command.code("database", "reindex", "--json") == 65

    told = json.loads(command.captured.readouterr().out)
    assert list(told["unreadable"].values()) == ["its contents are not those of its name"]


def test_a_database_that_was_never_made_is_78(
    command: Command, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_DATABASE__URL", empty_url.replace("triage.sqlite3", "none"))

    assert command.code("database", "reindex") == 78
