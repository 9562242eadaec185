"""Which files the rows speak of, on both engines."""

from datetime import timedelta

from sqlalchemy import Connection, text

from tests.builders.clock import Clock
from tests.builders.studies import CAPTURE, digest_of, finished, leased, posted, receipt, receive
from triage.database import inventory
from triage.database.inventory import PAGE

SOME = 3


def test_films_are_listed_until_they_are_swept(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    receive(connection, receipt("2.25.2", study="2.25.20"), now=clock.now)

    pages = list(inventory.listed_films(connection))
    connection.execute(text("UPDATE instance SET swept_at = received_at WHERE state = 'WAITING'"))

    assert [(row.study_uid, row.waits) for page in pages for row in page] == [
        ("2.25.100", False),
        ("2.25.20", True),
    ]
    assert [len(page) for page in inventory.listed_films(connection)] == [1]


def test_many_films_come_in_pages(connection: Connection, clock: Clock) -> None:
    films = [receipt(f"2.25.1.{number}") for number in range(PAGE + SOME)]
    receive(connection, *films, now=clock.now)

    pages = list(inventory.listed_films(connection))

    assert [len(page) for page in pages] == [PAGE, SOME]
    assert len({row.id for page in pages for row in page}) == PAGE + SOME


def test_captures_are_listed_while_they_may_be_sent(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)

    assert [len(page) for page in inventory.listed_captures(connection)] == [1]

    connection.execute(text("UPDATE delivery SET state = 'SENT_UNPROVEN'"))

    assert list(inventory.listed_captures(connection)) == []


def test_what_was_true_a_moment_ago_is_asked_again(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    ((film,),) = inventory.listed_films(connection)
    ((capture,),) = inventory.listed_captures(connection)
    assert inventory.unswept_films(connection, [film.id]) == {film.id}
    assert inventory.needed_captures(connection, [capture.id]) == {capture.id}

    connection.execute(text("UPDATE instance SET swept_at = received_at"))
    connection.execute(text("UPDATE delivery SET state = 'PROVEN'"))

    assert inventory.unswept_films(connection, [film.id]) == set()
    assert inventory.needed_captures(connection, [capture.id]) == set()


def test_a_file_of_which_one_row_is_kept_is_not_swept(connection: Connection, clock: Clock) -> None:
    digest = digest_of("the same")
    one, other = receipt("2.25.1", digest=digest), receipt("2.25.2", digest=digest)
    receive(connection, one, other, now=clock.now - timedelta(days=1))
    connection.execute(
        text("UPDATE instance SET swept_at = received_at WHERE sop_instance_uid = '2.25.1'")
    )

    assert inventory.swept_films(connection, [digest]) == set()

    connection.execute(text("UPDATE instance SET swept_at = received_at"))

    assert inventory.swept_films(connection, [digest]) == {digest}


def test_a_capture_is_known_whatever_became_of_it(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    connection.execute(text("UPDATE delivery SET state = 'PROVEN'"))

    asked = [digest_of(CAPTURE), digest_of("other")]

    assert inventory.known_captures(connection, asked) == {digest_of(CAPTURE)}
