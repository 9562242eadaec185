"""A database that lacks films which it had is noticed, on both engines."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from tests.builders.clock import Clock
from tests.builders.studies import receipt, receive
from triage.daemon.bookmark import Bookmark


@pytest.fixture
def bookmark(tmp_path: Path) -> Bookmark:
    return Bookmark(tmp_path)


def lose_the_newest(connection: Connection) -> None:
    connection.execute(text("UPDATE instance SET digest = 'older' WHERE sop_instance_uid = '2.2'"))


@pytest.fixture
def noted(connection: Connection, clock: Clock, bookmark: Bookmark) -> Connection:
    """A database of whose newest film there is a note."""
    receive(connection, receipt("2.1"), receipt("2.2"), now=clock.now)
    bookmark.keep(connection)
    return connection


def test_without_a_note_nothing_is_lost(connection: Connection, bookmark: Bookmark) -> None:
    assert not bookmark.is_lost(connection)


def test_a_database_with_its_newest_film_has_lost_nothing(
    noted: Connection, bookmark: Bookmark
) -> None:
    assert not bookmark.is_lost(noted)


def test_a_database_without_the_film_has_lost_it(noted: Connection, bookmark: Bookmark) -> None:
    lose_the_newest(noted)

    assert bookmark.is_lost(noted)


def test_what_is_lost_stays_noted_until_somebody_has_seen_to_it(
    noted: Connection, bookmark: Bookmark, clock: Clock
) -> None:
    lose_the_newest(noted)
    receive(noted, receipt("2.3"), now=clock.now)

    bookmark.keep(noted)
    assert bookmark.is_lost(noted)

    bookmark.renew(noted)
    assert not bookmark.is_lost(noted)


def test_an_empty_database_is_noted_by_nothing(
    connection: Connection, bookmark: Bookmark, tmp_path: Path
) -> None:
    bookmark.renew(connection)

    assert list(tmp_path.iterdir()) == []
