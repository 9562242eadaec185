"""Laws of the night's clock: however a zone sets its clocks, each day has its one night."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest

from triage.daemon.calendar import Calendar
from triage.settings import Worklist

DAY, LOOK = timedelta(days=1), timedelta(minutes=25)
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
]
YEAR = [date(2026, 1, 1) + number * DAY for number in range(365)]


def noon(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def around_changes(zone: ZoneInfo) -> list[date]:
    """Return the days before and after which clocks are set; some day, where they never are."""
    changed = [day for day in YEAR[3:-3] if noon(zone, day) - noon(zone, day - DAY) != DAY]
    return changed or [YEAR[60]]


def midnight(zone: ZoneInfo, day: date) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def calendar(cron: str, zone: ZoneInfo) -> Calendar:
    return Calendar(Worklist(cron=cron, window="00:00-00:00", time_zone=zone.key))


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("minute", [0, 30])
def test_each_day_has_one_night_at_any_hour(name: str, minute: int) -> None:
    zone = ZoneInfo(name)
    for change, hour in product(around_changes(zone), range(24)):
        days = [change + number * DAY for number in (-2, -1, 0, 1)]
        begin, end = midnight(zone, days[0]), midnight(zone, days[-1] + DAY)
        found = calendar(f"{minute} {hour} * * *", zone).firings(after=begin - LOOK, up_to=end)

        assert [night.day for night in found if night.day in days] == days


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("cron", ["*/20 * * * *", "15,30 2 * * *", "40 0,23 * * *"])
def test_who_looks_now_and_then_sees_the_same_nights_once(name: str, cron: str) -> None:
    zone = ZoneInfo(name)
    clock = calendar(cron, zone)
    for change in around_changes(zone):
        looks = [noon(zone, change - DAY) + number * LOOK for number in range(100)]
        seen = [night for a, b in pairwise(looks) for night in clock.firings(after=a, up_to=b)]

        assert seen == list(clock.firings(after=looks[0], up_to=looks[-1])) != []
        assert [night.due_at for night in seen] == sorted({night.due_at for night in seen})
