"""Moves between states, and what refuses the others, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from tests.builders.clock import Clock
from tests.builders.studies import moves_of, receipt, receive, state_of
from triage.database import schema
from triage.database.moves import NEW, By, Kind, MoveRefused, change, record
from triage.domain.study import FilmState, StudyState

TO_QUEUED = (StudyState.RECEIVING, StudyState.QUEUED)


def received(connection: Connection, clock: Clock) -> int:
    receive(connection, receipt(), now=clock.now)
    return int(connection.execute(select(schema.study.c.id)).scalar_one())


def test_a_move_changes_state_time_and_further_columns(
    connection: Connection, clock: Clock
) -> None:
    study = received(connection, clock)
    by = By("test", clock.wait(3))

    change(connection, Kind.STUDY, study, move=TO_QUEUED, by=by, priority=5)

    row = connection.execute(select(schema.study)).one()
    assert (row.state, row.state_since, row.priority) == ("QUEUED", clock.now, 5)


def test_a_move_leaves_an_event_with_actor_reason_and_duration(
    connection: Connection, clock: Clock
) -> None:
    study = received(connection, clock)
    by = By("test", clock.now + timedelta(seconds=3))

    change(connection, Kind.STUDY, study, move=TO_QUEUED, by=by, reason="because")

    latest = select(schema.event).order_by(schema.event.c.id.desc()).limit(1)
    row = connection.execute(latest).one()
    assert (row.actor, row.reason, row.duration_s, row.at) == ("test", "because", 3.0, by.at)


def test_a_row_in_another_state_does_not_move(connection: Connection, clock: Clock) -> None:
    study = received(connection, clock)
    move = (StudyState.QUEUED, StudyState.ASSESSING)

    with pytest.raises(MoveRefused, match="is not QUEUED"):
        change(connection, Kind.STUDY, study, move=move, by=By("test", clock.now))

    assert state_of(connection) == StudyState.RECEIVING
    assert moves_of(connection, Kind.STUDY) == [(NEW, StudyState.RECEIVING)]


def test_the_database_refuses_a_move_that_is_not_allowed(
    connection: Connection, clock: Clock
) -> None:
    study = received(connection, clock)
    move = (StudyState.RECEIVING, StudyState.DONE)

    with pytest.raises(IntegrityError):
        change(connection, Kind.STUDY, study, move=move, by=By("test", clock.now))


def test_the_database_refuses_another_kinds_move(connection: Connection, clock: Clock) -> None:
    study = received(connection, clock)
    move = (NEW, FilmState.WAITING)

    with pytest.raises(IntegrityError):
        record(connection, Kind.STUDY, study, study_id=study, move=move, by=By("test", clock.now))


def test_a_film_that_has_ended_does_not_move_again(connection: Connection, clock: Clock) -> None:
    received(connection, clock)
    film = int(connection.execute(select(schema.instance.c.id)).scalar_one())
    move = (FilmState.WAITING, FilmState.ASSESSED)
    change(connection, Kind.FILM, film, move=move, by=By("test", clock.now))

    with pytest.raises(MoveRefused):
        change(connection, Kind.FILM, film, move=move, by=By("test", clock.now))
