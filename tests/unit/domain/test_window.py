"""The night's hours, also where clocks are changed."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from triage.domain.window import Window, first_time

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Window(time(20), time(6), BERLIN)


def local(day: int, hour: int, minute: int = 0, *, month: int = 1) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        (local(5, 20), local(6, 6)),
        (local(5, 23), local(6, 6)),
        (local(6, 5, 59), local(6, 6)),
        (local(6, 6), None),
        (local(6, 12), None),
        (local(6, 19, 59), None),
    ],
)
def test_a_night_goes_over_midnight(moment: datetime, end: datetime | None) -> None:
    assert NIGHT.end_after(moment) == end


def test_a_window_within_a_day_ends_on_it() -> None:
    noon = Window(time(11), time(13), BERLIN)

    assert noon.end_after(local(5, 12)) == local(5, 13)
    assert noon.end_after(local(5, 13)) is None


def test_a_window_from_an_hour_to_the_same_is_never_closed() -> None:
    always = Window(time(6), time(6), BERLIN)

    assert always.end_after(local(5, 6)) == local(6, 6)
    assert always.end_after(local(5, 5)) == local(5, 6)


@pytest.mark.parametrize(
    ("month", "day", "hours"),
    [(1, 5, 10), (3, 28, 9), (10, 24, 11)],
    ids=["usual", "spring", "autumn"],
)
def test_a_night_is_as_long_as_the_clocks_make_it(month: int, day: int, hours: int) -> None:
    begin = local(day, 20, month=month)
    end = NIGHT.end_after(begin)

    assert end is not None
    assert (end - begin.astimezone(UTC)).total_seconds() == hours * 3600


def test_an_hour_that_the_wall_shows_twice_is_one() -> None:
    first = local(25, 2, 30, month=10)
    second = first.replace(fold=1)

    assert first.astimezone(UTC) != second.astimezone(UTC)
    assert first_time(first, BERLIN) == first_time(second, BERLIN) == first.astimezone(UTC)
