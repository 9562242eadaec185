from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.calendar import days

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
MIDNIGHT_JUMPS = ("Africa/Cairo", "America/Havana", "America/Sao_Paulo", "Asia/Beirut")
MOVED = ("Pacific/Apia", "Pacific/Kwajalein")
zones = st.sampled_from(ZONES + MIDNIGHT_JUMPS + MOVED).map(ZoneInfo)
dates = st.dates(date(1980, 1, 1), date(2037, 1, 1))


def hours(zone: str, day: date) -> float:
    (found,) = days(ZoneInfo(zone), day, day)
    return (found.ends_at - found.begins_at) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("UTC", date(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Africa/Cairo", date(2024, 4, 26), 23),
        ("America/Havana", date(2024, 11, 3), 25),
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(zone: str, day: date, expected: float) -> None:
    assert hours(zone, day) == expected


def test_a_day_that_a_zone_left_out_is_left_out() -> None:
    found = days(ZoneInfo("Pacific/Apia"), date(2011, 12, 29), date(2011, 12, 31))

    assert [day.day for day in found] == [date(2011, 12, 29), date(2011, 12, 31)]


@given(zones, dates, st.integers(0, 400))
def test_days_follow_each_other_without_gap_or_overlap(
    zone: ZoneInfo, first: date, number: int
) -> None:
    found = [*days(zone, first, first + timedelta(days=number))]

    assert all(one.ends_at == other.begins_at for one, other in pairwise(found))
    assert all(one.day < other.day for one, other in pairwise(found))


@given(zones, st.integers(1, 2_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_a_moment_lies_on_the_day_that_the_zones_calendar_shows(
    zone: ZoneInfo, moment: datetime
) -> None:
    day = moment.astimezone(zone).date()

    (found,) = days(zone, day, day)

    assert found.begins_at <= moment < found.ends_at


@given(zones, dates)
def test_the_pieces_of_a_day_are_the_day_and_each_lies_in_one_day_of_utc(
    zone: ZoneInfo, first: date
) -> None:
    for day in days(zone, first, first):
        pieces = [*day.pieces]

        assert (pieces[0][1], pieces[-1][2]) == (day.begins_at, day.ends_at)
        assert all(one[2] == other[1] for one, other in pairwise(pieces))
        assert all(begin.date() == utc == last(end) for utc, begin, end in pieces)


def last(end: datetime) -> date:
    """The day of a piece's last moment."""
    return (end - timedelta(microseconds=1)).date()
