"""The reconciliation: each listed study has one outcome, and the sums agree, on both engines."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from tests.builders.clock import NOON
from tests.builders.listed import listing, study_of
from tests.builders.studies import (
    TTL,
    assessed,
    claim,
    dead,
    finished,
    leased,
    parcel,
    posted,
    queued,
    receipt,
    receive,
    refused,
)
from triage.database import outbox, results, schema
from triage.database.reconciliation import Outcome, Reconciliation, reconciliation
from triage.database.undelivered import give_up, undelivered
from triage.database.worklist import note_pull, record_listing
from triage.domain.study import DeliveryState
from triage.domain.worklist import ExpectedStudy

DAY = NOON.date()
LATER = NOON + timedelta(minutes=2)
STUDY, FILM = "2.25.100", "2.25.101"
ONE = study_of(STUDY, FILM)
TWO = study_of(STUDY, FILM, "2.25.102")
FINISHED = {"assessed": 1, "received": 1, "expected": 1}


def told(connection: Connection, *studies: ExpectedStudy) -> Reconciliation:
    record_listing(connection, DAY, listing(*studies))
    return reconciliation(connection, DAY)


def outcome(connection: Connection, study: ExpectedStudy = ONE) -> tuple[Outcome, str | None]:
    (only,) = told(connection, study).studies
    return only.outcome, only.why


def nothing(_: Connection) -> None:
    """Leave everything as it is."""


def here(connection: Connection) -> None:
    receive(connection, receipt(), now=NOON)


def waits(connection: Connection) -> None:
    queued(connection, now=NOON)


def under_assessment(connection: Connection) -> None:
    leased(connection, now=NOON)


def failed(connection: Connection) -> None:
    dead(connection, now=NOON)


def done(connection: Connection) -> None:
    finished(connection, leased(connection, now=NOON), now=NOON)


def lateral(connection: Connection) -> None:
    lease = leased(connection, now=NOON)
    (film,) = results.waiting_films(connection, lease)
    results.finish(connection, lease, [refused(film.id)], now=NOON)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        (nothing, (Outcome.MISSING, "not pulled")),
        (here, (Outcome.UNDER_WAY, "RECEIVING")),
        (waits, (Outcome.UNDER_WAY, "QUEUED")),
        (under_assessment, (Outcome.UNDER_WAY, "ASSESSING")),
        (failed, (Outcome.DEAD, None)),
        (done, (Outcome.ASSESSED, None)),
        (lateral, (Outcome.NOT_ASSESSED, "lateral")),
    ],
)
def test_a_study_has_the_outcome_of_what_happened_to_it(
    connection: Connection,
    happened: Callable[[Connection], object],
    expected: tuple[Outcome, str | None],
) -> None:
    happened(connection)

    assert outcome(connection) == expected


def test_a_study_of_which_a_film_lacks_is_missing_with_the_last_failure(
    connection: Connection,
) -> None:
    done(connection)
    record_listing(connection, DAY, listing(TWO))

    note_pull(connection, DAY, STUDY, failure="0xa702: out of resources")

    (only,) = reconciliation(connection, DAY).studies
    assert (only.outcome, only.why) == (Outcome.MISSING, "0xa702: out of resources")
    assert (only.expected, only.here, only.missing) == (2, 1, 1)


@pytest.mark.parametrize(("count", "missing"), [(1, 0), (2, 0), (3, 1)])
def test_without_names_the_number_of_films_counts(
    connection: Connection, count: int, missing: int
) -> None:
    receive(connection, receipt("2.25.1"), receipt("2.25.2"), now=NOON)
    receive(connection, receipt("2.25.3", modality="SR"), now=NOON)

    (only,) = told(connection, study_of(STUDY, count=count)).studies

    assert only.missing == missing


def test_another_film_does_not_stand_in_for_one_that_is_named(connection: Connection) -> None:
    receive(connection, receipt("2.25.998"), receipt("2.25.999"), now=NOON)

    assert outcome(connection) == (Outcome.MISSING, "not pulled")


def test_a_film_that_came_under_another_study_is_here(connection: Connection) -> None:
    finished(connection, leased(connection, receipt(study="2.25.900"), now=NOON), now=NOON)

    assert outcome(connection) == (Outcome.ASSESSED, None)


def test_a_film_that_came_twice_is_one(connection: Connection) -> None:
    receive(connection, receipt(), receipt(contents="again"), now=NOON)

    (only,) = told(connection, TWO).studies

    assert (only.here, only.missing) == (1, 1)


def test_a_study_with_one_assessed_and_one_refused_film_is_assessed(
    connection: Connection,
) -> None:
    lease = leased(connection, receipt(), receipt("2.25.102"), now=NOON)
    first, second = results.waiting_films(connection, lease)
    results.finish(connection, lease, [assessed(first.id), refused(second.id)], now=NOON)

    assert outcome(connection, TWO) == (Outcome.ASSESSED, None)


def test_what_is_left_out_is_listed_and_not_expected(connection: Connection) -> None:
    done(connection)
    hand = ExpectedStudy("2.25.200", left_out="another part of the body")

    found = told(connection, ONE, hand)

    assert found.is_exact
    assert {name: count for name, count in found.sums.items() if count} == {
        "listed": 2,
        "left_out": 1,
        **FINISHED,
    }
    assert found.reasons == {"left_out: another part of the body": 1}


def test_the_sums_of_any_list_agree(connection: Connection) -> None:
    for uid in ("2.25.100", "2.25.200", "2.25.300", "2.25.400"):
        queued(connection, receipt(f"{uid}.1", study=uid), now=NOON)
    finished(connection, claim(connection, now=NOON), now=NOON)
    studies = [study_of(f"2.25.{n}00", f"2.25.{n}00.1") for n in range(1, 7)]

    sums = told(connection, *studies).sums

    parts = ("assessed", "not_assessed", "failed", "under_way", "unexplained")
    assert sums["expected"] == sum(sums[part] for part in parts) == 6
    assert (sums["received"], sums["failed"]) == (4, 2)


def test_a_capture_that_waits_is_under_way_and_not_delivered(connection: Connection) -> None:
    posted(connection, now=NOON)

    found = told(connection, ONE)

    assert (found.sums["to_deliver"], found.sums["delivered"]) == (1, 0)
    assert (found.is_exact, found.is_under_way) == (False, True)


def test_a_capture_that_was_sent_is_delivered_and_not_proven(connection: Connection) -> None:
    posted(connection, now=NOON)
    delivery = outbox.claim_delivery(connection, courier="courier-1", now=NOON, ttl=TTL)
    assert delivery is not None
    outbox.mark_sent(
        connection, delivery, now=NOON, courier="courier-1", answer="0x0000", unproven=None
    )

    sums = told(connection, ONE).sums

    assert (sums["to_deliver"], sums["delivered"], sums["proven"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("state", "proven", "exact"),
    [
        (DeliveryState.PROVEN, 1, True),
        (DeliveryState.SENT_UNPROVEN, 0, True),
        (DeliveryState.PARKED, 0, False),
    ],
)
def test_a_capture_that_has_ended_is_told_as_it_ended(
    connection: Connection, state: DeliveryState, proven: int, exact: bool
) -> None:
    posted(connection, now=NOON)
    connection.execute(update(schema.delivery).values(state=state))
    connection.execute(update(schema.study).values(state="DONE"))

    found = told(connection, ONE)

    assert (found.sums["proven"], found.is_exact) == (proven, exact)
    assert not found.is_under_way


@pytest.mark.parametrize(
    ("state", "reason", "told_as"),
    [
        (DeliveryState.PARKED, "PACS answered 0xa900", {"undelivered: PACS answered 0xa900": 1}),
        (DeliveryState.WAITING, None, {"undelivered: WAITING": 1}),
        (DeliveryState.SENT_UNPROVEN, "no proof", {}),
    ],
)
def test_why_a_capture_was_not_delivered_is_told(
    connection: Connection, state: DeliveryState, reason: str | None, told_as: dict[str, int]
) -> None:
    posted(connection, now=NOON)
    connection.execute(update(schema.delivery).values(state=state, reason=reason))
    connection.execute(update(schema.study).values(state="DONE"))

    assert told(connection, ONE).reasons == told_as


def test_what_a_person_wrote_who_gave_a_capture_up_is_on_no_paper(connection: Connection) -> None:
    posted(connection, now=NOON)
    (waits_for,) = undelivered(connection)
    give_up(connection, waits_for.destination, reason="Doe's PACS", now=LATER, actor="one")

    assert told(connection, ONE).reasons == {"undelivered: given up": 1}


def test_a_study_is_delivered_when_all_its_captures_are(connection: Connection) -> None:
    posted(connection, parcel("2.25.1"), parcel("2.25.2"), now=NOON)
    first = schema.delivery.c.sop_instance_uid == "2.25.1"
    connection.execute(update(schema.delivery).where(first).values(state=DeliveryState.PROVEN))

    sums = told(connection, ONE).sums

    assert (sums["to_deliver"], sums["delivered"]) == (1, 0)


def test_another_day_is_another_list(connection: Connection) -> None:
    record_listing(connection, DAY.replace(day=6), listing(ONE))

    assert reconciliation(connection, DAY).studies == ()


def test_a_list_of_nothing_is_exact(connection: Connection) -> None:
    assert told(connection).is_exact


OTHER = "2.25.200"


def courier_sends(connection: Connection) -> None:
    """Send what waits; what was superseded meanwhile is withdrawn."""
    while sent := outbox.claim_delivery(connection, courier="courier-1", now=LATER, ttl=TTL):
        if sent.superseded:
            outbox.withdraw(connection, sent, now=LATER, courier="courier-1", in_doubt=False)
        else:
            outbox.mark_sent(connection, sent, now=LATER, courier="courier-1", answer="0x0000")


def corrected(connection: Connection, *, study: str) -> None:
    """Let a film come again with another identity before its capture was sent."""
    posted(connection, parcel("2.25.1"), now=NOON)
    lease = leased(connection, receipt(study=study, contents="corrected"), now=LATER)
    finished(connection, lease, parcel("2.25.2"), now=LATER)


@pytest.mark.parametrize("study", [STUDY, OTHER])
def test_a_capture_that_was_withdrawn_is_not_waited_for(connection: Connection, study: str) -> None:
    corrected(connection, study=study)
    courier_sends(connection)

    found = told(connection, study_of(study, FILM))

    assert (found.is_exact, found.sums["assessed"]) == (True, 1)
    assert [(one.captures, one.delivered) for one in found.studies] == [(1, 1)]


def test_a_capture_that_lacks_its_identity_is_missed(connection: Connection) -> None:
    posted(connection, now=NOON)
    connection.execute(update(schema.delivery).values(state=DeliveryState.PARKED))

    assert not told(connection, ONE).is_exact


def test_a_film_that_moved_to_another_study_did_come(connection: Connection) -> None:
    corrected(connection, study=OTHER)
    courier_sends(connection)

    found = told(connection, study_of(STUDY, count=1))

    (only,) = found.studies
    assert (only.outcome, only.here, only.missing) == (Outcome.ASSESSED, 1, 0)
    assert found.is_exact


def test_what_an_earlier_study_returned_is_not_charged_to_the_one_that_replaces_it(
    connection: Connection,
) -> None:
    posted(connection, parcel("2.25.1"), parcel("2.25.3"), now=NOON)
    courier_sends(connection)
    lease = leased(connection, receipt(study=OTHER, contents="corrected"), now=LATER)
    finished(connection, lease, parcel("2.25.2"), now=LATER)

    (only,) = told(connection, study_of(OTHER, FILM)).studies

    assert (only.captures, only.delivered) == (1, 0)
