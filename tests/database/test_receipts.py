"""What the listener writes, on both engines."""

import pytest
from sqlalchemy import Connection, select, update

from tests.builders.clock import Clock
from tests.builders.studies import (
    STUDY,
    dead,
    film_states,
    finished,
    leased,
    moves_of,
    parcel,
    posted,
    queued,
    receipt,
    receive,
    refused,
    state_of,
    visit,
)
from triage.database import receipts, results, schema
from triage.database.moves import Kind
from triage.domain.study import FilmState, StudyState

HOSTILE = "1'); DROP TABLE study; --"


def test_a_new_film_waits_in_a_new_study(connection: Connection, clock: Clock) -> None:
    new = receive(connection, receipt(), now=clock.now)

    assert new == [True]
    assert film_states(connection) == [FilmState.WAITING]
    assert state_of(connection) == StudyState.RECEIVING


def test_a_receipt_keeps_everything_that_it_says(connection: Connection, clock: Clock) -> None:
    film = receipt()

    receive(connection, film, now=clock.now)

    row = connection.execute(select(schema.instance)).one()
    names = ("sop_instance_uid", "sop_class_uid", "series_uid", "modality", "digest", "bytes")
    assert [getattr(row, name) for name in names] == [getattr(film, name) for name in names]
    assert row.received_at == clock.now


def test_the_same_film_with_the_same_digest_is_nothing_new(
    connection: Connection, clock: Clock
) -> None:
    receive(connection, receipt(), now=clock.now)

    again = receive(connection, receipt(), now=clock.wait(1))

    assert again == [False]
    assert film_states(connection) == [FilmState.WAITING]


def test_a_repeat_does_not_begin_the_quiet_time_anew(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)
    first = clock.now

    receive(connection, receipt(), now=clock.wait(1))

    assert connection.scalar(select(schema.study.c.last_received_at)) == first


def test_the_same_film_with_another_digest_is_a_further_receipt(
    connection: Connection, clock: Clock
) -> None:
    receive(connection, receipt(), now=clock.now)

    again = receive(connection, receipt(contents="coerced"), now=clock.wait(1))

    assert again == [True]
    assert film_states(connection) == [FilmState.WAITING, FilmState.WAITING]


def test_the_films_of_one_study_share_its_row(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.1"), receipt("2.25.2"), now=clock.now)

    studies = connection.scalars(select(schema.instance.c.study_id)).all()

    assert len(set(studies)) == 1


def test_a_late_film_sends_a_finished_study_back_to_the_queue(
    connection: Connection, clock: Clock
) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert state_of(connection) == StudyState.QUEUED
    assert film_states(connection) == [FilmState.ASSESSED, FilmState.WAITING]


def test_a_late_film_wakes_a_study_whose_result_is_on_its_way(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, parcel(), now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert moves_of(connection, Kind.STUDY)[-1] == (StudyState.ASSESSED, StudyState.QUEUED)


def test_a_late_film_wakes_a_study_that_was_not_assessed(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)
    films = results.waiting_films(connection, lease)
    results.finish(connection, lease, [refused(films[0].id)], now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert moves_of(connection, Kind.STUDY)[-1] == (StudyState.NOT_ASSESSED, StudyState.QUEUED)


def test_a_late_film_gives_a_dead_study_all_its_attempts_again(
    connection: Connection, clock: Clock
) -> None:
    dead(connection, now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.wait(60))

    assert state_of(connection) == StudyState.QUEUED
    assert connection.scalar(select(schema.study.c.failures)) == 0


def test_a_repeat_wakes_no_finished_study(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    receive(connection, receipt(), now=clock.wait(60))

    assert state_of(connection) == StudyState.DONE


def test_a_film_that_comes_while_its_study_is_assessed_moves_nothing(
    connection: Connection, clock: Clock
) -> None:
    leased(connection, now=clock.now)

    receive(connection, receipt("2.25.9"), now=clock.now)

    assert state_of(connection) == StudyState.ASSESSING


def test_a_swept_film_that_comes_again_is_to_be_swept_again(
    connection: Connection, clock: Clock
) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    connection.execute(update(schema.instance).values(swept_at=clock.now))

    receive(connection, receipt(), now=clock.wait(60))

    assert connection.scalar(select(schema.instance.c.swept_at)) is None


def test_every_film_has_the_event_of_its_coming(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.1"), receipt("2.25.2"), now=clock.now)

    moves = moves_of(connection, Kind.FILM)

    assert moves == [("NEW", FilmState.WAITING)] * 2


def test_closing_an_association_closes_no_other(connection: Connection, clock: Clock) -> None:
    first, second = visit(connection, now=clock.now), visit(connection, now=clock.now)

    receipts.close_association(connection, first, now=clock.wait(1))

    table = schema.association.c
    still_open = connection.scalars(select(table.id).where(table.closed_at.is_(None))).all()
    assert still_open == [second]


def test_a_restarted_listener_closes_what_it_had_left_open(
    connection: Connection, clock: Clock
) -> None:
    visit(connection, now=clock.now, listener="listener-1")
    visit(connection, now=clock.now, listener="listener-2")

    count = receipts.close_abandoned(connection, listener="listener-1", now=clock.wait(1))

    assert count == 1


def test_a_refusal_is_recorded_with_its_status(connection: Connection, clock: Clock) -> None:
    receipts.record_refusal(
        connection,
        listener="listener-1",
        calling_ae_title="CR1",
        host="10.0.0.1",
        status=0xA900,
        sentence="SOP Class UID differs",
        now=clock.now,
    )

    row = connection.execute(select(schema.door_event)).one()
    assert (row.status, row.sentence, row.at) == (0xA900, "SOP Class UID differs", clock.now)


def test_sql_in_an_identifier_stays_text(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(HOSTILE, study=HOSTILE), now=clock.now)

    assert state_of(connection, HOSTILE) == StudyState.RECEIVING


def test_sql_in_an_ae_title_stays_text(connection: Connection, clock: Clock) -> None:
    receipts.open_association(
        connection, listener=HOSTILE, calling_ae_title=HOSTILE, host=HOSTILE, now=clock.now
    )

    assert connection.scalar(select(schema.association.c.calling_ae_title)) == HOSTILE


def test_a_time_without_a_zone_is_refused(connection: Connection, clock: Clock) -> None:
    with pytest.raises(Exception, match="no zone"):
        visit(connection, now=clock.now.replace(tzinfo=None))


def test_two_studies_are_told_apart(connection: Connection, clock: Clock) -> None:
    queued(connection, receipt("2.25.1", study=STUDY), now=clock.now)

    receive(connection, receipt("2.25.2", study="2.25.999"), now=clock.now)

    assert state_of(connection, STUDY) == StudyState.QUEUED
    assert state_of(connection, "2.25.999") == StudyState.RECEIVING
