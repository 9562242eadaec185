"""Hot queries walk their index on both engines, however many rows have gathered."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, insert, text

from tests.builders.clock import NOON
from tests.builders.studies import PACS, STUDY, TTL, digest_of, posted, visit
from triage.database import door, outbox, proof, queue, receipts, results, schema, sweep, timeline
from triage.domain.study import DeliveryState, FilmState, Lease, StudyState

MANY = 2000
LATER = NOON + timedelta(days=1)
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}
UNNAMED = {  # SQLite keeps no name of a unique constraint's index
    "sqlite_autoindex_study_1": "uq_study_study_uid",
    "sqlite_autoindex_instance_1": "uq_instance_sop_instance_uid_digest",
    "sqlite_autoindex_delivery_1": "uq_delivery_sop_instance_uid_destination",
}
LEASE = Lease(1, STUDY, "worker-1", 1, LATER, 1)

Query = Callable[[Connection], object]
Values = tuple[object, ...] | dict[str, object]


@pytest.fixture
def crowded(connection: Connection) -> Connection:
    """Thousands of finished studies, of which some hundred are queued again."""
    posted(connection, now=NOON)
    numbers = range(10**6, 10**6 + MANY)
    queued = [StudyState.QUEUED if number % 8 == 0 else StudyState.DONE for number in numbers]
    visitor = visit(connection, now=NOON)
    receipts.close_association(connection, visitor, now=NOON)
    pairs = list(zip(numbers, queued, strict=True))
    connection.execute(insert(schema.study), [_study(*pair) for pair in pairs])
    films = [_film(number, visitor) for number in numbers]
    connection.execute(insert(schema.instance), films)
    connection.execute(insert(schema.delivery), [_delivery(number) for number in numbers])
    connection.execute(insert(schema.door_event), [_door_event(number) for number in numbers])
    connection.execute(text("ANALYZE"))
    return connection


def _study(number: int, state: StudyState) -> dict[str, object]:
    return {
        "id": number,
        "study_uid": f"2.25.{number}",
        "state": state,
        "state_since": NOON,
        "priority": number % 3,
        "first_received_at": NOON,
        "last_received_at": NOON,
        "next_attempt_at": NOON + timedelta(seconds=number % MANY),
    }


def _film(number: int, visitor: int) -> dict[str, object]:
    return {
        "id": number,
        "study_id": number,
        "association_id": visitor,
        "sop_instance_uid": f"2.25.{number}.1",
        "sop_class_uid": "1.2",
        "transfer_syntax_uid": "1.2",
        "digest": digest_of(str(number)),
        "bytes": 1,
        "received_at": NOON,
        "state": FilmState.ASSESSED,
        "state_since": NOON,
    }


def _delivery(number: int) -> dict[str, object]:
    return {
        "study_id": number,
        "instance_id": number,
        "destination": PACS,
        "sop_instance_uid": f"2.25.{number}.2",
        "digest": digest_of(str(number)),
        "state": DeliveryState.WAITING if number % 8 == 0 else DeliveryState.SENT_UNPROVEN,
        "state_since": NOON,
        "next_attempt_at": NOON + timedelta(seconds=number % MANY),
    }


def _door_event(number: int) -> dict[str, object]:
    return {
        "at": NOON - timedelta(hours=number % MANY),
        "listener": "listener-1",
        "calling_ae_title": "CR9",
        "host": "10.0.0.9",
        "sentence": "not allowed",
    }


def plans(connection: Connection, query: Query) -> str:
    """Run a query and return the plan of its first statement."""
    ran: list[tuple[str, Values]] = []

    def note(_c: object, _cursor: object, statement: str, values: Values, *_: object) -> None:
        ran.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    query(connection)
    event.remove(connection, "before_cursor_execute", note)
    statement, parameters = ran[0]
    explain = EXPLAIN[connection.dialect.name] + statement
    plan = "\n".join(str(row) for row in connection.exec_driver_sql(explain, parameters))
    return re.sub("sqlite_autoindex_[a-z]+_1", lambda found: UNNAMED[found[0]], plan)


def claim(connection: Connection) -> object:
    return queue.claim(connection, worker="worker-1", now=LATER, ttl=TTL)


def claim_delivery(connection: Connection) -> object:
    return outbox.claim_delivery(connection, courier="courier-1", now=LATER, ttl=TTL)


def look_for_proofs(connection: Connection) -> object:
    return proof.sent_captures(connection, now=LATER, most=100)


def complete(connection: Connection) -> object:
    return queue.complete_studies(connection, now=LATER, quiet=TTL, longest_wait=TTL)


def release(connection: Connection) -> object:
    return queue.release_abandoned(connection, worker=None, now=LATER, most_deaths=5)


def wait(connection: Connection) -> object:
    return results.waiting_films(connection, LEASE)


def own(connection: Connection) -> object:
    return results.is_own_result(connection, "2.25.7.2")


def first(connection: Connection) -> object:
    return results.receipts_of(connection, "2.25.1000007.1")


def known(connection: Connection) -> object:
    return sweep.known_films(connection, [digest_of("7")])


def tell(connection: Connection) -> object:
    return timeline.story(connection, STUDY)


def learn(connection: Connection) -> object:
    return door.turned_away(connection, since=NOON - timedelta(days=1), most=1000)


def test_the_next_delivery_is_found_without_sorting_the_outbox(crowded: Connection) -> None:
    plan = plans(crowded, claim_delivery)

    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (claim, "ix_study_queue"),
        (complete, "ix_study_queue"),
        (release, "ix_study_queue"),
        (claim_delivery, "ix_delivery_queue"),
        (look_for_proofs, "ix_delivery_queue"),
        (wait, "ix_instance_study_id_state"),
        (first, "uq_instance_sop_instance_uid_digest"),
        (own, "uq_delivery_sop_instance_uid_destination"),
        (known, "ix_instance_digest"),
        (tell, "uq_study_study_uid"),
        (learn, "ix_door_event_at"),
    ],
)
def test_a_hot_query_uses_its_index(crowded: Connection, query: Query, index: str) -> None:
    plan = plans(crowded, query)

    assert index in plan


def test_the_next_study_is_found_without_sorting_the_queue(crowded: Connection) -> None:
    plan = plans(crowded, claim)

    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_a_sort_would_be_noticed(crowded: Connection) -> None:
    crowded.execute(text("DROP INDEX ix_study_queue"))

    plan = plans(crowded, claim)

    assert "Sort" in plan or "TEMP B-TREE" in plan
