"""When a night is due, also where clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from triage.daemon.calendar import Calendar, Firing
from triage.domain.errors import ConfigurationError
from triage.settings import Worklist

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def calendar(cron: str = "30 2 * * *", window: str = "20:00-06:00") -> Calendar:
    return Calendar(Worklist(cron=cron, window=window, time_zone="Europe/Berlin"))


def local(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def firings(
    begin: datetime, days: int, *, cron: str = "30 2 * * *", window: str = "20:00-06:00"
) -> list[Firing]:
    found = calendar(cron, window).firings(after=begin, up_to=begin + timedelta(days=days))
    return list(found)


def test_a_night_is_due_once_a_day_and_lasts_until_its_window_ends() -> None:
    assert firings(local(1, 5), 2) == [
        Firing(local(1, 6, 2, 30), date(2026, 1, 6), local(1, 6, 6)),
        Firing(local(1, 7, 2, 30), date(2026, 1, 7), local(1, 7, 6)),
    ]


def test_what_was_due_at_the_last_look_is_not_due_again() -> None:
    at = local(1, 6, 2, 30)

    assert firings(at - HOUR, 1)[0].due_at == at
    assert [one.due_at for one in firings(at, 1)] == [local(1, 7, 2, 30)]


def test_before_midnight_the_list_is_of_the_day_that_ends() -> None:
    (only,) = firings(local(1, 5), 1, cron="30 22 * * *")

    assert (only.day, only.until) == (date(2026, 1, 5), local(1, 6, 6))


def test_a_list_was_due_once_the_clock_had_fired_for_its_day() -> None:
    at, day = local(1, 6, 2, 30), date(2026, 1, 6)

    assert calendar().was_due(day, by=at)
    assert calendar().was_due(day, by=at + timedelta(days=90))
    assert not calendar().was_due(day, by=at - timedelta(seconds=1))


def test_a_list_of_a_day_on_which_the_clock_rests_was_never_due() -> None:
    saturday = date(2026, 1, 3)

    assert not calendar("30 2 * * mon-fri").was_due(saturday, by=local(6, 1))
    assert not calendar("30 12 * * *").was_due(saturday, by=local(6, 1))


def test_what_fires_outside_the_window_is_left_out() -> None:
    hourly = firings(local(1, 5), 1, cron="0 * * * *", window="01:00-03:00")

    assert [one.due_at for one in hourly] == [local(1, 6, 1), local(1, 6, 2)]


def test_weekdays_are_named() -> None:
    weekdays = [one.day for one in firings(local(1, 2), 4, cron="30 2 * * mon-fri")]

    assert weekdays == [date(2026, 1, 5), date(2026, 1, 6)]


def test_an_hour_that_comes_twice_fires_once() -> None:
    found = firings(local(10, 24), 2)

    assert [one.day for one in found] == [date(2026, 10, 25), date(2026, 10, 26)]
    assert found[0].due_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_it_fires_once_also_where_the_clock_looks_in_between() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert list(calendar().firings(after=first, up_to=first + 2 * HOUR)) == []


def test_an_hour_that_is_left_out_fires_as_long_after_it() -> None:
    found = firings(local(3, 28), 2)

    assert [one.due_at for one in found] == [local(3, 29, 3, 30), local(3, 30, 2, 30)]


def test_the_first_hour_of_the_day_after_is_not_left_out() -> None:
    found = firings(local(3, 28), 3, cron="30 0 * * *")

    assert [one.due_at for one in found] == [local(3, day, 0, 30) for day in (29, 30, 31)]


def test_two_that_clocks_going_forward_make_one_are_one() -> None:
    found = firings(local(3, 28), 1, cron="30 2,3 * * *")

    assert [one.due_at for one in found] == [local(3, 29, 3, 30)]


def test_a_long_time_is_gone_through_night_by_night() -> None:
    assert len(firings(local(1, 1), 365)) == 365


@pytest.mark.parametrize("cron", ["61 2 * * *", "0 2 * * someday", "x y z a b"])
def test_an_expression_that_is_none_is_refused(cron: str) -> None:
    with pytest.raises(ConfigurationError, match=r"worklist\.cron"):
        calendar(cron)


@pytest.mark.parametrize("cron", ["0 12 * * *", "0 2 31 2 *"])
def test_an_expression_that_never_fires_at_night_is_refused(cron: str) -> None:
    with pytest.raises(ConfigurationError, match=r"never fires within worklist\.window"):
        calendar(cron).check(local(1, 5))


def test_one_that_fires_at_night_too_is_not() -> None:
    calendar("0 * * * *").check(local(1, 5))
