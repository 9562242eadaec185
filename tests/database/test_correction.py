"""Films that came again with another identity, and what is listed for removal, on both engines."""

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select, text, update

from tests.builders.clock import NOON, Clock
from tests.builders.studies import (
    FILM,
    PACS,
    STUDY,
    TTL,
    assessed,
    delivery_states,
    finished,
    leased,
    parcel,
    receipt,
    refused,
)
from triage.database import correction, outbox, results, schema, timeline
from triage.database.calendar import Rule, set_rule
from triage.database.questions import REPORTS
from triage.database.results import Parcel
from triage.database.statistics import ask
from triage.domain.assessment import RefusalCode
from triage.domain.study import DeliveryState, FilmState

OTHER = "2.25.200"


def come(
    connection: Connection, clock: Clock, *captures: str, contents: str, study: str = STUDY
) -> None:
    """Receive the film with other contents, and assess it."""
    again = receipt(FILM, study=study, contents=contents)
    lease = leased(connection, again, now=clock.wait(60))
    finished(connection, lease, *map(parcel, captures), now=clock.now)


def send(connection: Connection, clock: Clock) -> None:
    """Send whatever waits."""
    while delivery := outbox.claim_delivery(
        connection, courier="courier-1", now=clock.now, ttl=TTL
    ):
        outbox.mark_sent(connection, delivery, now=clock.now, courier="courier-1", answer="0x0000")


def listed(connection: Connection, study: str = STUDY) -> list[tuple[object, ...]]:
    """Return what is to be removed, and what replaced it."""
    rows = timeline.story(connection, study).to_remove
    names = ("sop_instance_uid", "at_pacs", "replaced_by", "replacement_state")
    return [tuple(row[name] for name in names) for row in rows]


def test_what_was_sent_of_a_corrected_film_is_listed_for_removal(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)

    come(connection, clock, "2.25.2", contents="corrected")

    assert listed(connection) == [("2.25.1", "sent", "2.25.2", "WAITING")]
    (row,) = timeline.story(connection, STUDY).to_remove
    assert (row["destination"], row["superseded_at"]) == (PACS, clock.now)


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-01-05"), ("Asia/Tokyo", "2026-01-06")])
def test_a_correction_counts_to_the_day_of_the_sites_clocks(
    connection: Connection, clock: Clock, zone: str, day: str
) -> None:
    set_rule(connection, Rule(ZoneInfo(zone), timedelta(days=1)), now=clock.wait(4 * 3600))
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)

    come(connection, clock, "2.25.2", contents="corrected")

    assert str(connection.scalar(text("SELECT day FROM report_to_remove"))) == day
    assert ask(connection, REPORTS["to-remove"], since=date.fromisoformat(day)).rows
    late = date.fromisoformat(day) + timedelta(days=1)
    assert not ask(connection, REPORTS["to-remove"], since=late).rows


def test_a_film_that_came_once_has_nothing_to_be_removed(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)

    assert listed(connection) == []


def test_what_was_never_sent_needs_no_removal(connection: Connection, clock: Clock) -> None:
    come(connection, clock, "2.25.1", contents="first")

    come(connection, clock, "2.25.2", contents="corrected")

    assert listed(connection) == []


def test_what_may_have_been_sent_is_listed_as_in_doubt(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)

    come(connection, clock, "2.25.2", contents="corrected")

    assert [row[:2] for row in listed(connection)] == [("2.25.1", "in doubt")]


def test_a_film_that_came_into_another_study_is_listed_in_both(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)

    come(connection, clock, "2.25.2", contents="corrected", study=OTHER)

    assert listed(connection, STUDY) == listed(connection, OTHER) != []
    (row,) = timeline.story(connection, OTHER).to_remove
    assert (row["study_uid"], row["new_study_uid"]) == (STUDY, OTHER)


def test_a_second_correction_replaces_both_before_it(connection: Connection, clock: Clock) -> None:
    for number in (1, 2, 3):
        come(connection, clock, f"2.25.{number}", contents=f"{number}")
        send(connection, clock)

    assert [row[::2] for row in listed(connection)] == [("2.25.1", "2.25.3"), ("2.25.2", "2.25.3")]


def test_each_page_is_replaced_by_the_page_at_its_place(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", "2.25.2", contents="first")
    send(connection, clock)

    come(connection, clock, "2.25.3", contents="corrected")

    assert [row[::2] for row in listed(connection)] == [("2.25.1", "2.25.3"), ("2.25.2", None)]


def test_the_film_that_came_last_counts_whichever_is_decided_first(
    connection: Connection, clock: Clock
) -> None:
    first = leased(connection, receipt(contents="first"), now=clock.now)
    come(connection, clock, "2.25.2", contents="corrected", study=OTHER)

    finished(connection, first, parcel("2.25.1"), now=clock.now)

    claimed = outbox.claim_delivery(connection, courier="courier-1", now=clock.wait(60), ttl=TTL)
    late = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
    assert claimed is not None
    assert late is not None
    assert {one.sop_instance_uid: one.superseded for one in (claimed, late)} == {
        "2.25.1": True,
        "2.25.2": False,
    }


@pytest.mark.parametrize(("corrects", "rows"), [(True, 1), (False, 0)])
def test_a_correction_without_a_result_supersedes_all_the_same(
    connection: Connection, clock: Clock, corrects: bool, rows: int
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)
    lease = leased(connection, receipt(contents="corrected"), now=clock.wait(60))
    (film,) = results.waiting_films(connection, lease)
    outcome = refused(film.id, RefusalCode.UNDER_AGE)

    again = results.Outcome(film.id, outcome.state, outcome.refusal, corrects=corrects)
    results.finish(connection, lease, [again], now=clock.now)

    assert listed(connection) == [("2.25.1", "sent", None, None)] * rows


def test_a_film_in_quarantine_is_not_superseded(connection: Connection, clock: Clock) -> None:
    come(connection, clock, "2.25.1", contents="first")
    connection.execute(
        update(schema.instance).values(state=FilmState.QUARANTINED, code=RefusalCode.CONFLICT)
    )

    come(connection, clock, "2.25.2", contents="corrected")

    assert list(connection.execute(select(schema.correction))) == []


def deliveries(connection: Connection) -> Sequence[tuple[object, ...]]:
    table = schema.delivery.c
    query = select(table.sop_instance_uid, table.state, table.in_doubt).order_by(table.id)
    return [tuple(row) for row in connection.execute(query)]


def test_a_correction_that_is_taken_back_sends_the_first_result_again_in_doubt(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)
    come(connection, clock, "2.25.2", contents="corrected")
    send(connection, clock)

    come(connection, clock, "2.25.1", contents="as first")

    assert deliveries(connection) == [
        ("2.25.1", DeliveryState.WAITING, True),
        ("2.25.2", DeliveryState.SENT_UNPROVEN, False),
    ]
    assert [row[::2] for row in listed(connection)] == [("2.25.2", "2.25.1")]


def test_the_same_result_again_is_neither_sent_nor_listed(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)

    come(connection, clock, "2.25.1", contents="coerced")

    assert delivery_states(connection) == [DeliveryState.SENT_UNPROVEN]
    assert listed(connection) == []


def test_a_replacement_that_is_parked_for_its_identity_has_no_uid_yet(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)
    lease = leased(connection, receipt(contents="nameless"), now=clock.wait(60))
    (film,) = results.waiting_films(connection, lease)
    parked = assessed(film.id, Parcel(PACS, None, None, parked="identity: no Patient ID"))

    correction.supersede(connection, film.id, now=clock.now)
    results.finish(connection, lease, [parked], now=clock.now)

    assert listed(connection) == [("2.25.1", "sent", None, DeliveryState.PARKED)]


def test_what_is_withdrawn_ends_its_study_and_can_be_sent_by_nobody(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    delivery = outbox.claim_delivery(connection, courier="courier-1", now=clock.now, ttl=TTL)
    assert delivery is not None

    outbox.withdraw(connection, delivery, now=clock.now, courier="courier-1", in_doubt=False)

    row = connection.execute(select(schema.delivery)).one()
    assert (row.state, row.digest, row.reason) == ("PARKED", None, outbox.SUPERSEDED)
    overview = timeline.overview(connection, now=clock.now + timedelta(days=1))
    assert (overview.studies, overview.troubles) == ({"DONE": 1}, [])


DAY = NOON.date()


@pytest.mark.parametrize(
    ("since", "up_to", "told"),
    [
        (None, DAY, ["2.25.1"]),
        (DAY, DAY, ["2.25.1"]),
        (DAY + timedelta(days=1), DAY + timedelta(days=1), []),
        (None, DAY - timedelta(days=1), []),
    ],
)
def test_what_was_superseded_is_told_by_the_day(
    connection: Connection, clock: Clock, since: date | None, up_to: date, told: list[str]
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    send(connection, clock)
    come(connection, clock, "2.25.2", contents="corrected")

    rows = correction.to_remove(connection, since=since, up_to=up_to)

    assert [row["sop_instance_uid"] for row in rows] == told


def priorities(connection: Connection) -> dict[str, int]:
    """Return how urgent each study is."""
    table = schema.study.c
    rows = connection.execute(select(table.study_uid, table.priority))
    return {row.study_uid: row.priority for row in rows}


@pytest.mark.parametrize(("before", "after", "kept"), [(3, 0, 3), (0, 2, 2), (-1, 0, 0)])
def test_a_correction_into_another_study_keeps_the_higher_priority(
    connection: Connection, clock: Clock, before: int, after: int, kept: int
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    connection.execute(update(schema.study).values(priority=before))
    lease = leased(connection, receipt(study=OTHER, contents="corrected"), now=clock.wait(60))
    of_other = schema.study.c.study_uid == OTHER
    connection.execute(update(schema.study).where(of_other).values(priority=after))

    finished(connection, lease, parcel("2.25.2"), now=clock.now)

    assert priorities(connection) == {STUDY: before, OTHER: kept}


def test_the_capture_of_a_moved_film_is_sent_as_urgently_as_the_one_before(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    connection.execute(update(schema.study).values(priority=3))

    come(connection, clock, "2.25.2", contents="corrected", study=OTHER)

    posted = select(schema.delivery.c.priority).where(
        schema.delivery.c.sop_instance_uid == "2.25.2"
    )
    assert connection.scalar(posted) == 3


def test_another_film_leaves_its_study_as_urgent_as_it_was(
    connection: Connection, clock: Clock
) -> None:
    come(connection, clock, "2.25.1", contents="first")
    connection.execute(update(schema.study).values(priority=3))

    lease = leased(connection, receipt("2.25.9", study=OTHER), now=clock.wait(60))
    finished(connection, lease, parcel("2.25.2"), now=clock.now)

    assert priorities(connection) == {STUDY: 3, OTHER: 0}
