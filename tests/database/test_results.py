"""What a worker writes of a leased study, on both engines."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Connection, func, select

from tests.builders.clock import Clock
from tests.builders.studies import (
    CAPTURE,
    FILM,
    assessed,
    assessment,
    claim,
    delivery_states,
    film_states,
    finished,
    leased,
    moves_of,
    parcel,
    posted,
    receipt,
    receive,
    refused,
    state_of,
)
from triage.database import queue, results, schema
from triage.database.moves import Kind
from triage.database.results import Outcome, Parcel, Timing
from triage.domain.assessment import Finding, Refusal, RefusalCode, Tier
from triage.domain.errors import LeaseLost
from triage.domain.study import DeliveryState, FilmState, StudyState


def test_the_waiting_films_come_in_their_order(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, receipt("2.25.9"), receipt("2.25.1"), now=clock.now)

    films = results.waiting_films(connection, lease)

    assert [film.sop_instance_uid for film in films] == ["2.25.9", "2.25.1"]


def test_a_film_with_an_end_waits_no_more(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)
    receive(connection, receipt("2.25.9"), now=clock.wait(1))

    films = results.waiting_films(connection, claim(connection, now=clock.now))

    assert [film.sop_instance_uid for film in films] == ["2.25.9"]


def test_the_receipts_of_a_film_are_found_in_their_order(
    connection: Connection, clock: Clock
) -> None:
    coerced = receipt(contents="coerced")
    receive(connection, receipt(), coerced, receipt("2.25.9"), now=clock.now)

    found = results.receipts_of(connection, FILM)

    assert [each.digest for each in found] == [receipt().digest, coerced.digest]


def test_a_capture_from_the_outbox_is_our_own_result(connection: Connection, clock: Clock) -> None:
    posted(connection, parcel(CAPTURE), now=clock.now)

    assert results.is_own_result(connection, CAPTURE)
    assert not results.is_own_result(connection, FILM)


def test_a_study_without_captures_is_done_at_once(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, now=clock.now)

    state = finished(connection, lease, now=clock.now)

    assert state is StudyState.DONE
    assert film_states(connection) == [FilmState.ASSESSED]


def test_a_study_with_captures_is_assessed_until_they_arrive(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)

    state = finished(connection, lease, parcel(), now=clock.now)

    assert state is StudyState.ASSESSED
    assert delivery_states(connection) == [DeliveryState.WAITING]


def test_a_study_of_refused_films_alone_is_not_assessed(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)
    films = results.waiting_films(connection, lease)

    state = results.finish(connection, lease, [refused(films[0].id)], now=clock.now)

    assert state is StudyState.NOT_ASSESSED


def test_one_assessed_film_makes_an_assessed_study(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, receipt("2.25.1"), receipt("2.25.2"), now=clock.now)
    first, second = results.waiting_films(connection, lease)

    state = results.finish(
        connection, lease, [refused(first.id), assessed(second.id)], now=clock.now
    )

    assert state is StudyState.DONE


def test_a_refused_film_keeps_code_and_sentence(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, now=clock.now)
    films = results.waiting_films(connection, lease)

    results.finish(connection, lease, [refused(films[0].id)], now=clock.now)

    row = connection.execute(select(schema.instance.c.code, schema.instance.c.sentence)).one()
    assert tuple(row) == ("lateral", "a lateral film")


def test_a_quarantined_film_ends_its_study_not_assessed(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)
    film = results.waiting_films(connection, lease)[0]
    refusal = Refusal(RefusalCode.CONFLICT, "other pixels came before")
    quarantined = Outcome(film.id, FilmState.QUARANTINED, refusal=refusal)

    state = results.finish(connection, lease, [quarantined], now=clock.now)

    assert state is StudyState.NOT_ASSESSED
    assert film_states(connection) == [FilmState.QUARANTINED]


def test_findings_are_stored_with_their_thresholds(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    row = connection.execute(select(schema.finding)).one()

    assert (row.label, row.probability, row.threshold, row.tier) == ("tumour", 0.9, 0.5, "flagged")


def test_an_urgent_finding_is_stored_as_such(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, now=clock.now)
    (film,) = results.waiting_films(connection, lease)
    urgent = replace(assessment(), findings=(Finding("tumour", 0.9, 0.5, Tier.URGENT),))
    outcome = Outcome(film.id, FilmState.ASSESSED, assessment=urgent)

    results.finish(connection, lease, [outcome], now=clock.now)

    assert connection.execute(select(schema.finding.c.tier)).scalar_one() == "urgent"


def test_a_heat_map_is_read_back_bit_for_bit(connection: Connection, clock: Clock) -> None:
    finished(connection, leased(connection, now=clock.now), now=clock.now)

    row = connection.execute(select(schema.heat_map)).one()

    weights = np.frombuffer(row.weights, "<f4").reshape(row.rows, row.columns)
    assert np.array_equal(weights, assessment().heat_maps[0].weights)


def test_the_bundle_and_the_seconds_are_kept_beside_the_findings(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)
    film = results.waiting_films(connection, lease)[0]
    outcome = Outcome(
        film.id, FilmState.ASSESSED, assessment=assessment(), timing=Timing(decode_s=0.1)
    )

    results.finish(connection, lease, [outcome], now=clock.now)

    row = connection.execute(select(schema.assessment)).one()
    assert (row.bundle_digest, row.decode_s) == (assessment().model.digest, 0.1)
    assert row.assessed_at == clock.now


def test_view_and_notes_of_a_film_are_kept(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, now=clock.now)
    film = results.waiting_films(connection, lease)[0]
    outcome = Outcome(
        film.id, FilmState.ASSESSED, assessment=assessment(), view="PA", notes=("a", "b")
    )

    results.finish(connection, lease, [outcome], now=clock.now)

    row = connection.execute(select(schema.instance.c.view, schema.instance.c.notes)).one()
    assert tuple(row) == ("PA", "a; b")


def test_why_nothing_is_returned_stands_in_the_films_event(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)
    film = results.waiting_films(connection, lease)[0]
    kept_back = Outcome(
        film.id, FilmState.ASSESSED, assessment=assessment(), not_returned="pacs.return is false"
    )

    results.finish(connection, lease, [kept_back], now=clock.now)

    ended = schema.event.c.to_state == FilmState.ASSESSED
    reasons = select(schema.event.c.reason).where(ended, schema.event.c.kind == Kind.FILM)
    assert connection.scalar(reasons) == "pacs.return is false"


def test_a_film_that_came_meanwhile_sends_the_study_back(
    connection: Connection, clock: Clock
) -> None:
    lease = leased(connection, now=clock.now)
    films = results.waiting_films(connection, lease)
    receive(connection, receipt("2.25.9"), now=clock.wait(1))

    state = results.finish(connection, lease, [assessed(films[0].id)], now=clock.now)

    assert state is StudyState.QUEUED
    assert film_states(connection) == [FilmState.ASSESSED, FilmState.WAITING]


def test_a_capture_without_identity_is_parked_with_its_reason(
    connection: Connection, clock: Clock
) -> None:
    nameless = Parcel("PACS@127.0.0.1:4242", None, None, parked="identity: no PatientID")
    lease = leased(connection, now=clock.now)

    state = finished(connection, lease, nameless, now=clock.now)

    assert state is StudyState.DONE
    row = connection.execute(select(schema.delivery.c.state, schema.delivery.c.reason)).one()
    assert tuple(row) == (DeliveryState.PARKED, "identity: no PatientID")


def test_a_capture_that_is_in_the_outbox_is_not_posted_again(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, parcel(), now=clock.now)
    receive(connection, receipt("2.25.9"), now=clock.wait(1))
    lease = claim(connection, now=clock.now)

    state = finished(connection, lease, parcel(), now=clock.now)

    assert state is StudyState.ASSESSED
    assert delivery_states(connection) == [DeliveryState.WAITING]
    assert moves_of(connection, Kind.DELIVERY) == [("NEW", DeliveryState.WAITING)]


def test_the_same_capture_is_posted_once_for_each_destination(
    connection: Connection, clock: Clock
) -> None:
    other = parcel(destination="ARCHIVE@127.0.0.1:104")

    posted(connection, parcel(), other, now=clock.now)

    assert delivery_states(connection) == [DeliveryState.WAITING, DeliveryState.WAITING]


def test_a_late_worker_loses_to_the_one_that_finished(connection: Connection, clock: Clock) -> None:
    late = leased(connection, now=clock.now)
    films = results.waiting_films(connection, late)
    queue.release_abandoned(connection, worker=None, now=clock.wait(30), most_deaths=5)
    finished(connection, claim(connection, now=clock.wait(2), worker="worker-2"), now=clock.now)

    with pytest.raises(LeaseLost):
        results.finish(connection, late, [assessed(films[0].id)], now=clock.now)


def test_a_late_worker_leaves_no_second_assessment(connection: Connection, clock: Clock) -> None:
    late = leased(connection, now=clock.now)
    films = results.waiting_films(connection, late)
    queue.release_abandoned(connection, worker=None, now=clock.wait(30), most_deaths=5)

    with pytest.raises(LeaseLost):
        results.finish(connection, late, [assessed(films[0].id)], now=clock.now)

    assert connection.scalar(select(func.count()).select_from(schema.assessment)) == 0
    assert state_of(connection) == StudyState.QUEUED


@pytest.mark.parametrize(("tier", "priority"), [(Tier.FLAGGED, 0), (Tier.URGENT, 1)])
def test_a_capture_of_an_urgent_finding_goes_before_others(
    connection: Connection, clock: Clock, tier: Tier, priority: int
) -> None:
    lease = leased(connection, now=clock.now)
    (film,) = results.waiting_films(connection, lease)
    found = replace(assessment(), findings=(Finding("tumour", 0.9, 0.5, tier),))

    outcome = replace(assessed(film.id, parcel()), assessment=found)
    results.finish(connection, lease, [outcome], now=clock.now)

    assert connection.scalar(select(schema.delivery.c.priority)) == priority
