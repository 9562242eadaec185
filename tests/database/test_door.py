"""The door's book on both engines: what is written, and who is read from it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from tests.builders.clock import Clock
from triage.database import door, schema
from triage.database.door import Knock
from triage.domain.door import DoorCode, Refused

MONTH = timedelta(days=30)
SENTENCE = "calling AE title and host are not in listener.allowed"
STRANGER = Refused(
    DoorCode.CALLING, "10.0.0.9", SENTENCE, calling_ae_title="CR9", called_ae_title="TRIAGE"
)
SCANNER = Refused(DoorCode.STRANGE, "10.0.0.8", "HTTP or another text protocol")
FILM = Refused(
    DoorCode.INSTANCE, "10.0.0.1", "SOP Class UID differs", calling_ae_title="CR1", status=0xA900
)
HOSTILE = "1'); DROP --"


def record(connection: Connection, clock: Clock, *refused: Refused) -> None:
    for one in refused:
        door.record_refusals(connection, [one], listener="listener-1", now=clock.now)


def knocks(connection: Connection, clock: Clock, *, most: int = 100) -> list[Knock]:
    return [*door.turned_away(connection, since=clock.now - MONTH, most=most)]


@pytest.mark.parametrize("refused", [STRANGER, SCANNER, FILM])
def test_everything_that_a_refusal_says_is_kept(
    connection: Connection, clock: Clock, refused: Refused
) -> None:
    record(connection, clock, refused)

    row = connection.execute(select(schema.door_event)).one()
    kept = Refused(
        DoorCode(row.code),
        row.host,
        row.sentence,
        calling_ae_title=row.calling_ae_title,
        called_ae_title=row.called_ae_title,
        status=row.status,
        times=row.times,
    )
    assert kept == refused
    assert (row.at, row.listener) == (clock.now, "listener-1")


def test_one_who_knocks_again_is_one_with_first_and_last_time(
    connection: Connection, clock: Clock
) -> None:
    first = clock.now
    record(connection, clock, STRANGER)
    last = clock.wait(60)
    record(connection, clock, replace(STRANGER, times=41))

    (knock,) = knocks(connection, clock)

    assert (knock.calling_ae_title, knock.called_ae_title) == ("CR9", "TRIAGE")
    assert (knock.host, knock.code, knock.sentence) == ("10.0.0.9", DoorCode.CALLING, SENTENCE)
    assert (knock.times, knock.first_at, knock.last_at) == (42, first, last)


@pytest.mark.parametrize(
    "other",
    [
        replace(STRANGER, code=DoorCode.TLS),
        replace(STRANGER, host="10.0.0.7"),
        replace(STRANGER, sentence="another"),
        replace(STRANGER, calling_ae_title="CR8"),
        replace(STRANGER, called_ae_title="ARCHIVE"),
    ],
    ids=["code", "host", "sentence", "calling", "called"],
)
def test_who_differs_in_anything_is_another(
    connection: Connection, clock: Clock, other: Refused
) -> None:
    record(connection, clock, STRANGER, other)

    assert [knock.times for knock in knocks(connection, clock)] == [1, 1]


def test_the_latest_comes_first(connection: Connection, clock: Clock) -> None:
    record(connection, clock, STRANGER)
    clock.wait(1)
    record(connection, clock, SCANNER)

    assert [knock.host for knock in knocks(connection, clock)] == ["10.0.0.8", "10.0.0.9"]


def test_of_too_many_the_latest_are_told(connection: Connection, clock: Clock) -> None:
    record(connection, clock, STRANGER)
    clock.wait(1)
    record(connection, clock, SCANNER)

    assert [knock.host for knock in knocks(connection, clock, most=1)] == ["10.0.0.8"]


def test_a_refused_instance_was_not_turned_away_at_the_door(
    connection: Connection, clock: Clock
) -> None:
    record(connection, clock, FILM)

    assert knocks(connection, clock) == []


def test_what_is_long_ago_is_left_out(connection: Connection, clock: Clock) -> None:
    record(connection, clock, STRANGER)

    clock.wait(MONTH.total_seconds())

    assert knocks(connection, clock) == []


def test_sql_in_a_title_stays_text(connection: Connection, clock: Clock) -> None:
    record(connection, clock, replace(STRANGER, calling_ae_title=HOSTILE))

    assert [knock.calling_ae_title for knock in knocks(connection, clock)] == [HOSTILE]
