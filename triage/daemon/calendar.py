"""When the nightly worklist is due, and how long each night lasts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from apscheduler.triggers.cron import CronTrigger

from triage.domain.errors import ConfigurationError
from triage.domain.window import first_time
from triage.settings import Worklist

MOST_FIRINGS = 10_000
"""Of a cron expression, between two looks: one each minute for a week."""

FAR_AHEAD = timedelta(days=370)
LONGEST_DAY = timedelta(hours=26)
SOON_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Firing:
    """When a night is due, whose list it works through, and until when it may pull."""

    due_at: datetime
    day: date
    until: datetime


class Calendar:
    """Reads the cron expression in its time zone.

    When clocks go back, an hour that comes twice fires once; when they go forward, what was due
    in the hour that is left out is due as long after it.

    Args:
        choice: the section of the settings.

    Raises:
        ConfigurationError: the expression is none.
    """

    def __init__(self, choice: Worklist) -> None:
        self._zone = choice.zone
        self._hours = choice.hours
        try:
            self.trigger = CronTrigger.from_crontab(choice.cron, timezone=self._zone)
        except ValueError as error:
            raise ConfigurationError(f"worklist.cron {choice.cron!r}: {error}") from error

    def check(self, now: datetime) -> None:
        """Refuse an expression that never fires within the window.

        Raises:
            ConfigurationError: it fires outside alone, or not at all.
        """
        if next(self.firings(after=now, up_to=now + FAR_AHEAD), None) is None:
            raise ConfigurationError("worklist.cron never fires within worklist.window")

    def was_due(self, day: date, *, by: datetime) -> bool:
        """Tell whether the list of a day was due by some time."""
        begin = datetime.combine(day, time(), self._zone).astimezone(UTC)
        last = min(by, begin + LONGEST_DAY)
        return any(due.day == day for due in self.firings(after=begin - SOON_AFTER, up_to=last))

    def firings(self, *, after: datetime, up_to: datetime) -> Iterator[Firing]:
        """Yield what is due later than one time and not later than another.

        What fires outside the window is left out; a long time is cut at its end.
        """
        moment, last = after, after
        for _ in range(MOST_FIRINGS):
            asked = (moment + SOON_AFTER).astimezone(self._zone)
            fired: datetime | None = self.trigger.get_next_fire_time(None, asked)
            if fired is None or fired > up_to:
                return
            moment = fired.astimezone(UTC)
            due_at = first_time(moment, self._zone)
            until = self._hours.end_after(due_at)
            if until is not None and due_at > last:
                last = due_at
                yield Firing(due_at, fired.date(), until)
