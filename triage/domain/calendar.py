"""Days of a time zone, as the moments in UTC between which each lies."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Day:
    """A day from its first moment to that of the next one, both aware and in UTC.

    It lasts 24 hours but where a clock is set: 23 or 25 hours then, in a few zones another number.
    """

    day: date
    begins_at: datetime
    ends_at: datetime

    @property
    def pieces(self) -> Iterator[tuple[date, datetime, datetime]]:
        """Cut the day at midnight UTC: each piece's day of UTC, its beginning and its end."""
        begins_at = self.begins_at
        while begins_at < self.ends_at:
            midnight = datetime.combine(begins_at.date() + timedelta(days=1), time.min, UTC)
            ends_at = min(midnight, self.ends_at)
            yield begins_at.date(), begins_at, ends_at
            begins_at = ends_at


def days(zone: ZoneInfo, first: date, last: date) -> Iterator[Day]:
    """Yield the days of a zone, first and last included; a day that a zone left out is left out.

    >>> spring, = days(ZoneInfo("Europe/Berlin"), date(2026, 3, 29), date(2026, 3, 29))
    >>> str(spring.begins_at), str(spring.ends_at - spring.begins_at)
    ('2026-03-28 23:00:00+00:00', '23:00:00')
    """
    begins_at = beginning(zone, first)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        ends_at = beginning(zone, day + timedelta(days=1))
        if begins_at < ends_at:
            yield Day(day, begins_at, ends_at)
        begins_at = ends_at


def beginning(zone: ZoneInfo, day: date) -> datetime:
    """Return a day's first moment.

    Where midnight comes twice it is the earlier one. Where clocks jump over it, the offset from
    before the jump makes of it the moment of the jump (PEP 495).
    """
    return datetime.combine(day, time.min, zone).astimezone(UTC)
