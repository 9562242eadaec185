"""What becomes of captures that were sent, on both engines."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from tests.builders.clock import Clock
from tests.builders.studies import (
    PACS,
    TTL,
    delivery_states,
    moves_of,
    parcel,
    posted,
    state_of,
)
from triage.database import outbox, proof, schema
from triage.database.moves import By, Kind, MoveRefused
from triage.domain.commitment import StorageReport
from triage.domain.study import DeliveryState, Proof, Sent, StudyState

TRANSACTION = "2.25.900"


def sent(connection: Connection, clock: Clock, *captures: str) -> Sequence[Sent]:
    """Post captures, one unless told, and send them."""
    posted(connection, *map(parcel, captures or ("2.25.1",)), now=clock.now)
    return resent(connection, clock)


def resent(connection: Connection, clock: Clock) -> Sequence[Sent]:
    while delivery := outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=TTL
    ):
        outbox.mark_sent(
            connection, delivery, now=clock.now, courier="courier-1", answer="0x0000", unproven=None
        )
    return proof.sent_captures(connection, now=clock.now, most=100)


def ask(connection: Connection, captures: Sequence[Sent], clock: Clock) -> None:
    proof.ask_for_commitment(
        connection,
        captures,
        transaction_uid=f"{TRANSACTION}.{clock.now.timestamp():.0f}",
        ae_title="PACS",
        now=clock.now,
        expires_at=clock.now + timedelta(hours=1),
    )


def report(connection: Connection, clock: Clock, *, ae_title: str = "PACS", **told: object) -> None:
    committed = told.get("committed", ())
    failed = told.get("failed", {})
    assert isinstance(committed, tuple)
    assert isinstance(failed, dict)
    uid = f"{TRANSACTION}.{clock.now.timestamp():.0f}"
    found = StorageReport(uid, committed, failed)
    proof.record_report(connection, found, ae_title=ae_title, now=clock.now)


def test_a_capture_that_was_sent_waits_for_its_proof(connection: Connection, clock: Clock) -> None:
    (capture,) = sent(connection, clock)

    assert (capture.sop_instance_uid, capture.proof, capture.destination) == ("2.25.1", None, PACS)
    assert state_of(connection) == StudyState.ASSESSED


def test_a_committed_capture_is_proven_and_its_study_done(
    connection: Connection, clock: Clock
) -> None:
    ask(connection, sent(connection, clock), clock)

    report(connection, clock, committed=("2.25.1",))

    assert delivery_states(connection) == [DeliveryState.PROVEN]
    assert state_of(connection) == StudyState.DONE


def test_until_the_report_comes_nobody_looks_for_another_proof(
    connection: Connection, clock: Clock
) -> None:
    ask(connection, sent(connection, clock), clock)

    early = proof.sent_captures(connection, now=clock.wait(3599), most=100)
    late = proof.sent_captures(connection, now=clock.wait(1), most=100)

    assert early == []
    assert [capture.proof for capture in late] == [Proof.COMMITMENT]


def test_a_report_is_waited_for_as_long_as_the_latest_request_says(
    connection: Connection, clock: Clock
) -> None:
    captures = sent(connection, clock, "2.25.1", "2.25.2")
    ask(connection, captures[:1], clock)
    clock.wait(7200)
    ask(connection, captures[:1], clock)

    expiries = proof.expiries(connection, captures)

    assert expiries == {captures[0].id: clock.now + timedelta(hours=1)}


def test_what_is_not_named_goes_on_waiting(connection: Connection, clock: Clock) -> None:
    ask(connection, sent(connection, clock, "2.25.1", "2.25.2"), clock)

    report(connection, clock, committed=("2.25.2",))

    assert delivery_states(connection) == [DeliveryState.SENT, DeliveryState.PROVEN]
    assert state_of(connection) == StudyState.ASSESSED


def test_a_report_under_an_unknown_transaction_is_refused(
    connection: Connection, clock: Clock
) -> None:
    ask(connection, sent(connection, clock), clock)
    found = StorageReport("2.25.666", ("2.25.1",), {})

    with pytest.raises(proof.UnknownTransaction):
        proof.record_report(connection, found, ae_title="PACS", now=clock.now)

    assert delivery_states(connection) == [DeliveryState.SENT]


def test_a_report_of_another_peer_is_refused(connection: Connection, clock: Clock) -> None:
    ask(connection, sent(connection, clock), clock)

    with pytest.raises(proof.UnknownTransaction, match="OTHER"):
        report(connection, clock, ae_title="OTHER", committed=("2.25.1",))

    assert delivery_states(connection) == [DeliveryState.SENT]


def test_a_report_proves_only_what_its_request_named(connection: Connection, clock: Clock) -> None:
    captures = sent(connection, clock, "2.25.1", "2.25.2")
    ask(connection, captures[:1], clock)

    report(connection, clock, committed=("2.25.1", "2.25.2"))

    assert delivery_states(connection) == [DeliveryState.PROVEN, DeliveryState.SENT]


def test_a_report_that_comes_twice_changes_nothing(connection: Connection, clock: Clock) -> None:
    ask(connection, sent(connection, clock), clock)
    report(connection, clock, committed=("2.25.1",))
    before = moves_of(connection, Kind.DELIVERY)

    report(connection, clock, failed={"2.25.1": 0x0112})

    assert moves_of(connection, Kind.DELIVERY) == before


def test_a_denied_capture_is_sent_again_after_a_pause_whatever_the_query_says(
    connection: Connection, clock: Clock
) -> None:
    ask(connection, sent(connection, clock), clock)

    report(connection, clock, failed={"2.25.1": 0x0112})

    row = connection.execute(select(schema.delivery)).one()
    assert (row.state, row.in_doubt, row.proof) == (DeliveryState.WAITING, False, None)
    assert row.next_attempt_at == clock.now + proof.DENIED_PAUSE
    assert row.reason == "storage denied: 0x0112: no such object instance"
    assert state_of(connection) == StudyState.ASSESSED


def found_meanwhile(connection: Connection, clock: Clock) -> None:
    """Ask for a commitment, and find the capture by a query before the report comes."""
    (capture,) = sent(connection, clock)
    ask(connection, [capture], clock)
    proof.prove(connection, capture, reason="found", by=By("courier-1", clock.now))


def test_a_late_denial_counts_more_than_what_a_query_found(
    connection: Connection, clock: Clock
) -> None:
    found_meanwhile(connection, clock)

    report(connection, clock, failed={"2.25.1": 0x0112})

    assert delivery_states(connection) == [DeliveryState.WAITING]
    assert state_of(connection) == StudyState.ASSESSED


def test_a_late_commitment_changes_nothing_of_what_is_proven(
    connection: Connection, clock: Clock
) -> None:
    found_meanwhile(connection, clock)

    report(connection, clock, committed=("2.25.1",))

    assert delivery_states(connection) == [DeliveryState.PROVEN]
    assert state_of(connection) == StudyState.DONE


def test_a_late_commitment_proves_what_had_ended_unproven(
    connection: Connection, clock: Clock
) -> None:
    (capture,) = sent(connection, clock)
    ask(connection, [capture], clock)
    proof.give_up(connection, capture, reason="not found", by=By("courier-1", clock.now))

    report(connection, clock, committed=("2.25.1",))

    assert delivery_states(connection) == [DeliveryState.PROVEN]


def test_a_denial_of_an_earlier_sending_says_nothing_of_a_later_one(
    connection: Connection, clock: Clock
) -> None:
    ask(connection, sent(connection, clock), clock)
    asked_at = clock.now
    report(connection, clock, failed={"2.25.1": 0x0112})
    clock.wait(60)
    ask(connection, resent(connection, clock), clock)

    clock.now = asked_at
    report(connection, clock, failed={"2.25.1": 0x0112})

    assert delivery_states(connection) == [DeliveryState.SENT]


def test_a_capture_that_is_denied_three_times_is_parked(
    connection: Connection, clock: Clock
) -> None:
    sent(connection, clock)
    for _ in range(3):
        clock.wait(60)
        ask(connection, resent(connection, clock), clock)
        report(connection, clock, failed={"2.25.1": 0x0112})

    assert delivery_states(connection) == [DeliveryState.PARKED]
    assert state_of(connection) == StudyState.DONE


def test_a_proof_by_query_ends_the_study(connection: Connection, clock: Clock) -> None:
    (capture,) = sent(connection, clock)

    proof.prove(connection, capture, reason="found", by=By("courier-1", clock.now))

    assert delivery_states(connection) == [DeliveryState.PROVEN]
    assert state_of(connection) == StudyState.DONE


def test_a_capture_without_a_proof_ends_unproven(connection: Connection, clock: Clock) -> None:
    (capture,) = sent(connection, clock)

    proof.give_up(connection, capture, reason="not found", by=By("courier-1", clock.now))

    assert delivery_states(connection) == [DeliveryState.SENT_UNPROVEN]
    assert state_of(connection) == StudyState.DONE


def test_what_has_ended_does_not_end_again(connection: Connection, clock: Clock) -> None:
    (capture,) = sent(connection, clock)
    proof.prove(connection, capture, reason="found", by=By("courier-1", clock.now))

    with pytest.raises(MoveRefused):
        proof.give_up(connection, capture, reason="late", by=By("courier-1", clock.now))


def test_the_captures_of_one_destination_are_no_others_business(
    connection: Connection, clock: Clock
) -> None:
    sent(connection, clock)

    other = proof.sent_captures(connection, now=clock.now, most=9, destination="OTHER@10.0.0.1:104")
    own = proof.sent_captures(connection, now=clock.now, most=9, destination=PACS)

    assert (len(other), len(own)) == (0, 1)
