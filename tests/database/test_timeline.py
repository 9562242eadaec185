"""What is where, and one study's whole story, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from tests.builders.clock import Clock
from tests.builders.studies import (
    CAPTURE,
    STUDY,
    dead,
    leased,
    posted,
    receipt,
    receive,
    refused,
)
from triage.database import door, outbox, results, timeline
from triage.database.operator import UnknownStudy
from triage.domain.assessment import RefusalCode
from triage.domain.door import DoorCode, Refused

BY_PIXELS = (
    RefusalCode.DECODER,
    RefusalCode.CONTRADICTION,
    RefusalCode.SIZE,
    RefusalCode.ASPECT,
    RefusalCode.BLANK,
    RefusalCode.SATURATED,
    RefusalCode.INVERTED,
    RefusalCode.ROTATED,
    RefusalCode.NOT_FRONTAL_CHEST,
)


def turn_away(connection: Connection, clock: Clock, *, times: int = 1) -> None:
    refused = Refused(DoorCode.CALLING, "10.0.0.1", "not allowed", times=times)
    door.record_refusals(connection, [refused], listener="listener-1", now=clock.now)


def deliver(connection: Connection, clock: Clock) -> None:
    delivery = outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=timedelta(minutes=2)
    )
    assert delivery is not None
    outbox.mark_sent(connection, delivery, now=clock.now, courier="courier-1", answer="0x0000")


def test_an_empty_database_has_nothing_to_show(connection: Connection, clock: Clock) -> None:
    overview = timeline.overview(connection, now=clock.now)

    assert overview == timeline.Overview({}, {}, {}, {}, {}, {}, 0, [])


def test_studies_and_films_are_counted_by_state(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.1"), receipt("2.25.2"), now=clock.now)

    overview = timeline.overview(connection, now=clock.now)

    assert overview.studies == {"RECEIVING": 1}
    assert overview.films == {"WAITING": 2}


def test_refusals_are_counted_by_code(connection: Connection, clock: Clock) -> None:
    lease = leased(connection, now=clock.now)
    films = results.waiting_films(connection, lease)
    results.finish(connection, lease, [refused(films[0].id)], now=clock.now)

    overview = timeline.overview(connection, now=clock.now)

    assert overview.refusals == {"lateral": 1}


def refuse(connection: Connection, clock: Clock, number: int, code: RefusalCode) -> None:
    lease = leased(connection, receipt(f"2.25.{number}", study=f"2.25.{number}0"), now=clock.now)
    film = results.waiting_films(connection, lease)[0]
    results.finish(connection, lease, [refused(film.id, code)], now=clock.now)


def test_refusals_are_counted_for_a_week_and_for_a_day(
    connection: Connection, clock: Clock
) -> None:
    refuse(connection, clock, 1, RefusalCode.ROTATED)
    clock.wait(6 * 24 * 3600)
    refuse(connection, clock, 2, RefusalCode.LATERAL)
    clock.wait(24 * 3600)
    refuse(connection, clock, 3, RefusalCode.LATERAL)

    overview = timeline.overview(connection, now=clock.now)

    assert overview.refusals == {"lateral": 2, "rotated": 1}
    assert overview.refusals_in_7_days == {"lateral": 2}
    assert overview.refusals_in_24_h == {"lateral": 1}


@pytest.mark.parametrize("code", BY_PIXELS)
def test_a_refusal_by_the_pixels_is_counted_by_its_code(
    connection: Connection, clock: Clock, code: RefusalCode
) -> None:
    lease = leased(connection, now=clock.now)
    film = results.waiting_films(connection, lease)[0]

    results.finish(connection, lease, [refused(film.id, code)], now=clock.now)

    assert timeline.overview(connection, now=clock.now).refusals == {code.value: 1}


def test_the_door_is_counted_for_a_day(connection: Connection, clock: Clock) -> None:
    turn_away(connection, clock)
    clock.wait(24 * 3600)
    turn_away(connection, clock)
    turn_away(connection, clock, times=499)

    overview = timeline.overview(connection, now=clock.now)

    assert overview.turned_away == 500


def test_a_dead_study_is_a_trouble_with_its_reason(connection: Connection, clock: Clock) -> None:
    dead(connection, now=clock.now)

    troubles = timeline.overview(connection, now=clock.now).troubles

    assert [row["reason"] for row in troubles] == ["ValueError at film.py:1"]


def test_a_parked_delivery_is_a_trouble_with_its_reason(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    delivery = outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=timedelta(minutes=2)
    )
    assert delivery is not None
    outbox.park(connection, delivery, now=clock.now, courier="courier-1", reason="0x0122")

    troubles = timeline.overview(connection, now=clock.now).troubles

    assert [(row["state"], row["reason"]) for row in troubles] == [("PARKED", "0x0122")]


def test_the_newest_trouble_comes_first(connection: Connection, clock: Clock) -> None:
    dead(connection, receipt("2.25.1", study="2.25.10"), now=clock.now)
    dead(connection, receipt("2.25.2", study="2.25.20"), now=clock.wait(1))

    troubles = timeline.overview(connection, now=clock.now).troubles

    assert [row["study_uid"] for row in troubles] == ["2.25.20", "2.25.10"]


def test_a_story_has_films_findings_deliveries_and_events(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)

    story = timeline.story(connection, STUDY)

    film = story.films[0]
    assert (film["calling_ae_title"], film["state"]) == ("CR1", "ASSESSED")
    assert story.findings[int(str(film["id"]))][0]["label"] == "tumour"
    assert story.deliveries[0]["sop_instance_uid"] == CAPTURE
    assert story.events[0]["to_state"] == "RECEIVING"


def test_a_story_tells_of_one_study_alone(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt("2.25.1", study=STUDY), now=clock.now)
    receive(connection, receipt("2.25.2", study="2.25.999"), now=clock.now)

    story = timeline.story(connection, STUDY)

    assert [film["sop_instance_uid"] for film in story.films] == ["2.25.1"]


def test_an_unknown_study_has_no_story(connection: Connection) -> None:
    with pytest.raises(UnknownStudy, match="2\\.25\\.404"):
        timeline.story(connection, "2.25.404")


def test_a_turnround_runs_from_the_last_film_to_the_answer(
    connection: Connection, clock: Clock
) -> None:
    posted(connection, now=clock.now)
    received = clock.now
    clock.wait(4)

    deliver(connection, clock)

    (turnround,) = timeline.turnrounds(connection)
    assert turnround.last_received_at == received
    assert turnround.delivered_at == clock.now
    assert turnround.finished_at == clock.now


def test_a_study_under_way_has_no_end_yet(connection: Connection, clock: Clock) -> None:
    leased(connection, now=clock.now)

    (turnround,) = timeline.turnrounds(connection)

    assert (turnround.finished_at, turnround.delivered_at) == (None, None)
