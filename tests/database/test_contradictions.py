"""Rows that contradict each other are found, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from tests.builders.clock import Clock
from tests.builders.studies import (
    dead,
    finished,
    leased,
    posted,
    queued,
    receipt,
    receive,
    refused,
)
from triage.database import outbox, results
from triage.database.contradictions import QUESTIONS, contradictions
from triage.domain.problem import ProblemCode

SPOILED = {
    "it has no film": "UPDATE instance SET study_id = (SELECT MAX(id) FROM study)",
    "it is finished, and a film of it still waits": "UPDATE instance SET state = 'WAITING'",
    "it is called assessed, and none of its films is": (
        "UPDATE instance SET state = 'NOT_ASSESSED', code = 'lateral'"
    ),
    "it is called not assessed, and a film of it is": (
        "UPDATE study SET state = 'NOT_ASSESSED' WHERE worker IS NULL"
    ),
    "it is DONE, and a delivery of it is under way": (
        "UPDATE study SET state = 'DONE' WHERE worker IS NULL"
    ),
    "all its deliveries have ended, and it is not DONE": (
        "UPDATE delivery SET state = 'PROVEN', sent_at = next_attempt_at"
    ),
    "it is ASSESSED, and has no findings": "DELETE FROM finding",
    "it has an assessment, and is not ASSESSED": "UPDATE instance SET state = 'WAITING'",
    "it is sent, and has no time at which it was": "UPDATE delivery SET state = 'SENT'",
    "it is of a film that is not ASSESSED": "UPDATE instance SET state = 'WAITING'",
    "its film belongs to another study": (
        "UPDATE delivery SET study_id = (SELECT MAX(id) FROM study)"
    ),
    "its state is not the one that its latest event tells": (
        "UPDATE study SET state = 'DEAD' WHERE worker IS NULL"
    ),
}


def sentences(connection: Connection, clock: Clock) -> set[str]:
    return {problem.sentence for problem in contradictions(connection, now=clock.now)}


@pytest.fixture
def busy(connection: Connection, clock: Clock) -> Connection:
    """Studies in every state, as the daemon leaves them."""
    posted(connection, now=clock.now)
    dead(connection, receipt("2.25.2", study="2.25.20"), now=clock.now)
    lease = leased(connection, receipt("2.25.3", study="2.25.30"), now=clock.now)
    film = results.waiting_films(connection, lease)[0]
    results.finish(connection, lease, [refused(film.id)], now=clock.now)
    late = receipt("2.25.4", study="2.25.40")
    finished(connection, leased(connection, late, now=clock.now), now=clock.now)
    receive(connection, receipt("2.25.5", study="2.25.40"), now=clock.now)
    leased(connection, receipt("2.25.6", study="2.25.60"), now=clock.now)
    queued(connection, receipt("2.25.7", study="2.25.70"), now=clock.now)
    receive(connection, receipt("2.25.8", study="2.25.80"), now=clock.now)
    return connection


def test_what_the_daemon_leaves_contradicts_nothing(busy: Connection, clock: Clock) -> None:
    assert sentences(busy, clock) == set()


@pytest.mark.parametrize("sentence", SPOILED)
def test_rows_that_contradict_each_other_are_named(
    busy: Connection, clock: Clock, sentence: str
) -> None:
    busy.execute(text(SPOILED[sentence]))

    assert sentence in sentences(busy, clock)


def test_a_delivery_that_was_sent_contradicts_nothing(connection: Connection, clock: Clock) -> None:
    posted(connection, now=clock.now)
    delivery = outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=timedelta(minutes=2)
    )
    assert delivery is not None
    outbox.mark_sent(connection, delivery, now=clock.now, courier="courier-1", answer="0x0000")

    assert sentences(connection, clock) == set()


def test_a_lease_that_ended_long_ago_is_named(connection: Connection, clock: Clock) -> None:
    leased(connection, now=clock.now)

    clock.wait(60)
    soon = list(contradictions(connection, now=clock.now))
    clock.wait(600)

    assert soon == []
    found = list(contradictions(connection, now=clock.now))
    assert [problem.code for problem in found] == [ProblemCode.LEASE]


def test_a_study_that_nobody_queues_is_named(connection: Connection, clock: Clock) -> None:
    receive(connection, receipt(), now=clock.now)

    clock.wait(3601)

    assert len(sentences(connection, clock)) == 1


def test_every_question_is_tested() -> None:
    asked = {question.sentence for question in QUESTIONS if question.before is None}

    assert asked == SPOILED.keys()
