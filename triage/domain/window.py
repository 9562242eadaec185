"""Hours of the night, as clocks on the wall show them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True)
class Window:
    """From one time of the day to another, which may be on the next day; alike is a whole day."""

    start: time
    end: time
    zone: tzinfo

    def end_after(self, moment: datetime) -> datetime | None:
        """Return when the window ends that holds a moment, in UTC; ``None`` outside of it.

        >>> night = Window(time(20), time(6), UTC)
        >>> str(night.end_after(datetime(2026, 1, 5, 23, tzinfo=UTC)))
        '2026-01-06 06:00:00+00:00'
        """
        moment = moment.astimezone(UTC)
        today = moment.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            following = day + timedelta(days=1) if self.end <= self.start else day
            begin, end = self._at(day, self.start), self._at(following, self.end)
            if begin <= moment < end:
                return end
        return None

    def _at(self, day: date, hour: time) -> datetime:
        # In UTC, for two times of one zone are compared as the wall shows them.
        return datetime.combine(day, hour, self.zone).astimezone(UTC)


def first_time(moment: datetime, zone: tzinfo) -> datetime:
    """Return a moment in UTC; what the wall shows twice, when clocks go back, is the first one."""
    return moment.astimezone(zone).replace(fold=0).astimezone(UTC)
