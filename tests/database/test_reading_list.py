"""Reading lists on both engines: who is on them, since when they wait, what is shown."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Connection, update

from tests.builders.clock import NOON
from tests.builders.listed_studies import (
    DAY,
    END,
    Listed,
    expected_on,
    list_studies,
    rows_of,
    studies_of,
)
from tests.builders.studies import STUDY, assessment, digest_of, posted, receipt, receive
from triage.database import schema
from triage.database.calendar import Rule, set_rule
from triage.database.engine import database_time
from triage.database.reading_list import shown_films
from triage.domain.assessment import Tier

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)


def test_a_row_tells_why_a_study_has_its_place(connection: Connection) -> None:
    list_studies(connection, [Listed(90 * timedelta(minutes=1), 3, Tier.FLAGGED, 0.75)])

    assert rows_of(connection) == [
        {
            "place": 1,
            "study_uid": "2.25.1",
            "ordered_priority": "STAT",
            "overdue": 0,
            "tier": "flagged",
            "label": "tumour",
            "probability": 0.75,
            "threshold": 0.5,
            "waiting_since": "2026-01-05 22:30:00",
            "waited_h": 1.5,
            "state": "DONE",
            "code": None,
        }
    ]


@pytest.mark.parametrize(
    ("priority", "term"),
    [(5, "STAT"), (3, "STAT"), (2, "HIGH"), (1, "MEDIUM"), (0, "ROUTINE"), (-1, "LOW")],
)
def test_the_ordered_priority_is_told_in_the_standards_terms(
    connection: Connection, priority: int, term: str
) -> None:
    list_studies(connection, [Listed(priority=priority)])

    assert rows_of(connection)[0]["ordered_priority"] == term


@pytest.mark.parametrize(
    ("own", "asked", "term"), [(0, -1, "LOW"), (0, 3, "STAT"), (1, -1, "MEDIUM"), (0, 0, "ROUTINE")]
)
def test_a_study_without_a_priority_of_its_own_has_that_of_its_request(
    connection: Connection, own: int, asked: int, term: str
) -> None:
    list_studies(connection, [Listed(priority=own)])

    expected_on(connection, "2.25.1", DAY, priority=asked)

    assert rows_of(connection)[0]["ordered_priority"] == term


def test_an_urgent_finding_stands_below_a_routine_study_that_was_ordered_urgently(
    connection: Connection,
) -> None:
    list_studies(connection, [Listed(tier=Tier.URGENT, probability=1.0), Listed(priority=3)])

    assert studies_of(connection) == ["2.25.2", "2.25.1"]


def test_a_film_that_was_not_assessed_is_listed_with_the_reason(connection: Connection) -> None:
    list_studies(connection, [Listed(tier=None), Listed()])

    last = rows_of(connection)[-1]

    assert (last["study_uid"], last["tier"], last["code"]) == ("2.25.1", None, "lateral")


def test_a_study_of_two_films_has_the_place_of_the_louder_one(connection: Connection) -> None:
    posted(connection, now=END - HOUR)
    receive(connection, receipt("2.25.9"), now=END - HOUR)

    (row,) = rows_of(connection)

    assert (row["study_uid"], row["tier"], row["probability"]) == (STUDY, "flagged", 0.9)


def test_whoever_waited_for_exactly_the_maximum_is_not_overdue_yet(connection: Connection) -> None:
    waits = (24 * HOUR, 24 * HOUR + timedelta(seconds=1))
    list_studies(connection, [Listed(waited) for waited in waits])

    assert [row["overdue"] for row in rows_of(connection)] == [1, 0]


def test_a_shorter_maximum_lets_studies_rise_earlier(connection: Connection) -> None:
    list_studies(connection, [Listed(tier=Tier.FLAGGED), Listed(3 * HOUR)])
    assert studies_of(connection) == ["2.25.1", "2.25.2"]

    set_rule(connection, Rule(ZoneInfo("UTC"), 2 * HOUR), now=END)

    assert studies_of(connection) == ["2.25.2", "2.25.1"]


def test_a_study_stays_listed_until_its_maximum_wait_ended_before_the_day_before(
    connection: Connection,
) -> None:
    list_studies(connection, [Listed(72 * HOUR), Listed(72 * HOUR + timedelta(seconds=1))])

    assert studies_of(connection) == ["2.25.1"]


def test_what_came_after_the_day_is_not_on_its_list(connection: Connection) -> None:
    list_studies(connection, [Listed(timedelta(0)), Listed(timedelta(microseconds=1))])

    assert studies_of(connection) == ["2.25.2"]
    assert studies_of(connection, DAY + ONE_DAY) == ["2.25.2", "2.25.1"]


def test_the_list_of_today_is_told_at_this_moment(connection: Connection) -> None:
    now = database_time(connection)
    list_studies(connection, [Listed(2 * HOUR)], end=now)

    (row,) = rows_of(connection, now.date())

    assert row["waited_h"] == pytest.approx(2.0, abs=0.02)


def test_a_day_that_is_to_come_has_no_list(connection: Connection) -> None:
    now = database_time(connection)
    list_studies(connection, [Listed()], end=now)

    assert studies_of(connection, (now + ONE_DAY).date()) == []


def test_a_study_of_an_earlier_days_worklist_has_waited_since_that_day(
    connection: Connection,
) -> None:
    list_studies(connection, [Listed(2 * HOUR, tier=Tier.URGENT), Listed(1 * HOUR)])
    expected_on(connection, "2.25.2", DAY - 3 * ONE_DAY)

    rows = rows_of(connection)

    assert [row["study_uid"] for row in rows] == ["2.25.2", "2.25.1"]
    assert rows[0]["waiting_since"] == "2026-01-03 00:00:00"
    assert (rows[0]["waited_h"], rows[0]["overdue"]) == (72, 1)


def test_a_study_of_the_days_own_worklist_has_waited_since_it_came(connection: Connection) -> None:
    list_studies(connection, [Listed(2 * HOUR)])
    expected_on(connection, "2.25.1", DAY)

    assert rows_of(connection)[0]["waited_h"] == 2


def test_a_list_goes_by_the_sites_day(connection: Connection) -> None:
    midnight = datetime(2026, 1, 6, tzinfo=ZoneInfo("Europe/Berlin"))
    list_studies(connection, [Listed(timedelta(0)), Listed(HOUR)], end=midnight)

    set_rule(connection, Rule(ZoneInfo("Europe/Berlin"), 24 * HOUR), now=END)

    assert studies_of(connection) == ["2.25.2"]


def test_the_film_and_the_map_of_a_flagged_finding_are_shown(connection: Connection) -> None:
    posted(connection, now=NOON)

    shown = shown_films(connection, NOON.date())[STUDY]

    (heat,) = assessment().heat_maps
    assert shown.digest == digest_of("2.25.101")
    assert shown.heat is not None
    assert (shown.heat.label, shown.heat.placement) == (heat.label, heat.placement)
    assert np.array_equal(shown.heat.weights, heat.weights)


def test_a_map_that_was_kept_without_its_place_is_not_shown(connection: Connection) -> None:
    posted(connection, now=NOON)
    connection.execute(update(schema.heat_map).values(placement=None))

    assert shown_films(connection, NOON.date())[STUDY].heat is None


def test_no_map_is_shown_of_what_is_not_flagged(connection: Connection) -> None:
    posted(connection, now=NOON)
    connection.execute(update(schema.finding).values(tier=Tier.ABOVE))

    assert shown_films(connection, NOON.date())[STUDY].heat is None
