"""Reports on both engines: each view's numbers are exact."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select, text, update

from tests.builders.clock import NOON, Clock
from tests.builders.studies import (
    STUDY,
    TTL,
    assessment,
    dead,
    leased,
    parcel,
    posted,
    receipt,
    refused,
)
from triage.database import outbox, results, schema
from triage.database.door import record_refusals
from triage.database.questions import REPORTS
from triage.database.results import Outcome, Timing
from triage.database.statistics import Value, ask
from triage.domain.assessment import Finding, Tier
from triage.domain.door import DoorCode, Refused
from triage.domain.film import View
from triage.domain.origin import Origin, Sex
from triage.domain.study import Delivery, FilmState

ACME = Origin("ACME X1 / ROOM 1", Sex.FEMALE, "60-79")
DAY = NOON.date()


def rows_of(connection: Connection, name: str, since: date = DAY) -> list[dict[str, Value]]:
    table = ask(connection, REPORTS[name], since=since)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_of_an_empty_database_has_columns_and_no_rows(
    connection: Connection, name: str
) -> None:
    table = ask(connection, REPORTS[name], since=DAY)

    assert table.rows == []
    assert len(set(table.columns)) == len(table.columns) > 0


def said(instance_id: int, probability: float, tier: Tier, origin: Origin) -> results.Outcome:
    """Say of a film of some origin how probable a tumour is."""
    finding = Finding("tumour", probability, 0.5, tier)
    model = replace(assessment(), findings=(finding,))
    timing = Timing(decode_s=0.5, infer_s=0.25, keep_s=0.125)
    return Outcome(
        instance_id,
        FilmState.ASSESSED,
        assessment=model,
        view=View.PA,
        origin=origin,
        timing=timing,
    )


def film(
    connection: Connection,
    number: int,
    probability: float,
    *,
    at: datetime = NOON,
    origin: Origin = ACME,
    took_s: float = 60.0,
) -> None:
    """Receive a film and assess it, flagged from 0.5 on."""
    tier = Tier.FLAGGED if probability >= 0.5 else Tier.BELOW
    lease = leased(connection, receipt(f"2.25.{number}.1", study=f"2.25.{number}"), now=at)
    (waiting,) = results.waiting_films(connection, lease)
    outcomes = [said(waiting.id, probability, tier, origin)]
    results.finish(connection, lease, outcomes, now=at + timedelta(seconds=took_s))


def test_the_worklist_puts_what_is_flagged_first_and_what_was_refused_last(
    connection: Connection,
) -> None:
    film(connection, 1, 0.2)
    film(connection, 2, 0.7)
    refused_study(connection, "2.25.3")
    film(connection, 4, 0.8)

    rows = rows_of(connection, "worklist")

    assert [row["study_uid"] for row in rows] == ["2.25.4", "2.25.2", "2.25.1", "2.25.3"]
    assert [row["tier"] for row in rows] == ["flagged", "flagged", "below_threshold", None]
    assert rows[0]["first_received_at"] == "2026-01-05 12:00:00"


def test_the_worklist_never_lowers_the_ordered_priority(connection: Connection) -> None:
    film(connection, 1, 0.2)
    film(connection, 2, 0.7)
    connection.execute(text("UPDATE study SET priority = 5 WHERE study_uid = '2.25.1'"))

    rows = rows_of(connection, "worklist")

    assert [row["study_uid"] for row in rows] == ["2.25.1", "2.25.2"]


def test_a_study_of_two_films_is_listed_once_with_the_louder_one(connection: Connection) -> None:
    films = [receipt("2.25.8"), receipt("2.25.9")]
    lease = leased(connection, *films, now=NOON)
    first, second = results.waiting_films(connection, lease)
    outcomes = [said(first.id, 0.3, Tier.BELOW, ACME), said(second.id, 0.6, Tier.FLAGGED, ACME)]
    results.finish(connection, lease, outcomes, now=NOON)

    rows = rows_of(connection, "worklist")

    assert [(row["study_uid"], row["probability"]) for row in rows] == [(STUDY, 0.6)]


def test_the_daily_volume_tells_what_became_of_what_came(connection: Connection) -> None:
    film(connection, 1, 0.2)
    film(connection, 2, 0.7, at=NOON + timedelta(days=1))
    refused_study(connection, "2.25.3")

    rows = rows_of(connection, "daily-volume")

    assert rows[0] == {
        "day": "2026-01-05",
        "calling_ae_title": "CR1",
        "studies": 2,
        "instances": 2,
        "assessed": 1,
        "not_assessed": 1,
        "quarantined": 0,
        "waiting": 0,
        "bytes": 2048,
    }
    assert [row["day"] for row in rows] == ["2026-01-05", "2026-01-06"]


def test_the_days_before_are_left_out(connection: Connection) -> None:
    film(connection, 1, 0.2)

    assert rows_of(connection, "daily-volume", DAY + timedelta(days=1)) == []


def test_a_day_ends_at_midnight_utc(connection: Connection) -> None:
    film(connection, 1, 0.2, at=datetime(2026, 1, 5, 23, 59, 59, 999_999, tzinfo=UTC))
    film(connection, 2, 0.2, at=datetime(2026, 1, 6, tzinfo=UTC))

    days = [row["day"] for row in rows_of(connection, "daily-volume")]

    assert days == ["2026-01-05", "2026-01-06"]


def test_the_flag_rate_is_told_by_device_view_sex_and_age_band(connection: Connection) -> None:
    for number, probability in enumerate((0.1, 0.2, 0.3, 0.9)):
        film(connection, number + 1, probability, at=NOON + timedelta(days=number))
    film(connection, 9, 0.1, origin=Origin())

    rows = rows_of(connection, "flag-rate")

    assert rows == [
        {
            "device": "ACME X1 / ROOM 1",
            "view": "PA",
            "sex": "F",
            "age_band": "60-79",
            "films": 4,
            "flagged": 1,
            "flag_rate": 0.25,
        },
        {
            "device": "AE CR1",
            "view": "PA",
            "sex": "unknown",
            "age_band": "unknown",
            "films": 1,
            "flagged": 0,
            "flag_rate": 0.0,
        },
    ]


def test_findings_count_what_reached_the_threshold(connection: Connection) -> None:
    film(connection, 1, 0.25)
    film(connection, 2, 0.75, at=NOON + timedelta(days=1))

    assert rows_of(connection, "findings") == [
        {
            "label": "tumour",
            "films": 2,
            "reached": 1,
            "flagged": 1,
            "urgent": 0,
            "reached_rate": 0.5,
            "mean_probability": 0.5,
            "highest_probability": 0.75,
        }
    ]


def test_percentiles_of_the_turn_round_are_those_of_the_nearest_rank(
    connection: Connection,
) -> None:
    for number in range(1, 21):
        film(connection, number, 0.1, took_s=float(number))

    rows = {str(row["stage"]): row for row in rows_of(connection, "turn-round")}

    waited = rows["4 received to assessed"]
    shares = [waited[name] for name in ("p50_s", "p90_s", "p95_s", "p99_s", "longest_s")]
    assert shares == pytest.approx([10, 18, 19, 20, 20], abs=0.002)
    assert rows["1 decode"]["p99_s"] == 0.5
    assert rows["3 compose"]["films"] == 20


def test_a_delivery_has_its_own_stages(connection: Connection, clock: Clock) -> None:
    deliver(connection, clock)

    rows = {str(row["stage"]): row for row in rows_of(connection, "turn-round")}

    assert rows["5 assessed to delivered"]["p50_s"] == pytest.approx(7.0, abs=0.002)
    assert rows["6 received to delivered"]["films"] == 1


def test_refusals_are_counted_by_reason_of_films_and_of_callers(connection: Connection) -> None:
    for number in (1, 2):
        refused_study(connection, f"2.25.{number}")
    knock = Refused(DoorCode.TLS, "10.0.0.9", "TLS: old", calling_ae_title="CR9", times=7)
    record_refusals(connection, [knock, knock], listener="listener-1", now=NOON)

    assert rows_of(connection, "refusals") == [
        {"what": "door", "reason": "tls", "calling_ae_title": "CR9", "times": 14},
        {"what": "film", "reason": "lateral", "calling_ae_title": "CR1", "times": 2},
    ]


def test_deliveries_tell_which_share_of_attempts_was_answered(
    connection: Connection, clock: Clock
) -> None:
    deliver(connection, clock, attempts=4)

    (row,) = rows_of(connection, "deliveries")

    assert (row["captures"], row["proven"] or row["sent_unproven"]) == (1, 1)
    assert (row["attempts"], row["answered"], row["availability"]) == (4, 1, 0.25)


def test_a_capture_that_nobody_tried_to_send_has_no_availability(connection: Connection) -> None:
    posted(connection, parcel(), now=NOON)

    (row,) = rows_of(connection, "deliveries")

    assert (row["waiting"], row["attempts"], row["availability"]) == (1, 0, None)


def test_what_was_tried_again_and_what_died_are_told(connection: Connection) -> None:
    film(connection, 1, 0.1)
    dead(connection, receipt("2.25.2.1", study="2.25.2"), now=NOON)

    (retried,) = rows_of(connection, "retries")
    (given_up,) = rows_of(connection, "dead-studies")

    assert (retried["studies"], retried["retried"], retried["dead"]) == (2, 1, 1)
    assert (given_up["study_uid"], given_up["reason"]) == ("2.25.2", "ValueError at film.py:1")
    assert given_up["dead_at"] == "2026-01-05 12:00:00"


def test_two_versions_of_the_model_stand_side_by_side(connection: Connection) -> None:
    film(connection, 1, 0.25)
    film(connection, 2, 0.75)
    connection.execute(
        update(schema.assessment)
        .where(
            schema.assessment.c.instance_id
            == select(func.max(schema.instance.c.id)).scalar_subquery()
        )
        .values(bundle_version="1.1")
    )

    rows = rows_of(connection, "model-versions")

    told = [(row["bundle_version"], row["films"], row["mean_probability"]) for row in rows]
    assert told == [("1.0", 1, 0.25), ("1.1", 1, 0.75)]
    assert rows[0]["mean_infer_s"] == 0.25


def stability(now: list[int], before: list[int]) -> float:
    """The index by its definition, half a film more in each of ten bins."""
    shares = [[(n + 0.5) / (sum(counts) + 5) for n in counts] for counts in (now, before)]
    return math.fsum((p - q) * math.log(p / q) for p, q in zip(*shares, strict=True))


def test_scores_that_moved_are_told_against_the_month_before(connection: Connection) -> None:
    december = datetime(2025, 12, 31, 12, tzinfo=UTC)
    for number, probability in enumerate((0.005, 0.005, 0.15, 1.0)):
        film(connection, number + 1, probability, at=december)
    for number, probability in enumerate((0.15, 0.6, 0.6)):
        film(connection, number + 11, probability)

    (row,) = rows_of(connection, "score-drift")

    moved = stability([0, 0, 0, 0, 1, 0, 0, 2, 0, 0], [2, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    assert row["psi"] == pytest.approx(moved)
    assert (row["month"], row["films"], row["reference_films"]) == ("2026-01-01", 3, 4)


def test_scores_that_stayed_have_no_drift(connection: Connection) -> None:
    for number, at in enumerate((datetime(2025, 12, 1, tzinfo=UTC), NOON)):
        film(connection, number + 1, 0.4, at=at)

    (row,) = rows_of(connection, "score-drift")

    assert row["psi"] == 0.0


def refused_study(connection: Connection, study: str) -> None:
    """Receive a lateral film alone."""
    lease = leased(connection, receipt(f"{study}.1", study=study), now=NOON)
    (waiting,) = results.waiting_films(connection, lease)
    results.finish(connection, lease, [refused(waiting.id)], now=NOON)


def deliver(connection: Connection, clock: Clock, *, attempts: int = 1) -> None:
    """Send a capture, at the last of so many attempts."""
    posted(connection, parcel(), now=clock.now)
    for _ in range(attempts - 1):
        missed = attempt(connection, clock)
        outbox.postpone(connection, missed, until=clock.now, reason="no answer")
    taken = attempt(connection, clock)
    outbox.mark_sent(
        connection, taken, now=clock.now, courier="courier-1", answer="0x0000", unproven="not asked"
    )


def attempt(connection: Connection, clock: Clock) -> Delivery:
    """Take the capture, seven seconds later."""
    now = clock.wait(7)
    delivery = outbox.claim_delivery(connection, courier="courier-1", now=now, ttl=TTL)
    assert delivery is not None
    return delivery
