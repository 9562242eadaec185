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
ONE_DAY = timedelta(days=1)
LONGEST_DAY = timedelta(hours=26)
SOON_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Firing:
    """When a night is due, whose list it works through, and until when it may pull."""

    due_at: datetime
    day: date
    until: datetime


class Calendar:
    """Reads the cron expression as the clock on the wall of its time zone shows it.

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
            # Of a zone whose clocks go forward it leaves out the first hour of the next day.
            self._trigger = CronTrigger.from_crontab(choice.cron, timezone=UTC)
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
        # Of two that clocks which go forward make one, the later: its list has the day before.
        due = {
            first_time(shown.replace(tzinfo=self._zone), self._zone): shown
            for shown in self._shown(after, up_to)
        }
        for due_at in sorted(due):
            until = self._hours.end_after(due_at)
            if until is not None and after < due_at <= up_to:
                yield Firing(due_at, due[due_at].date(), until)

    def _shown(self, after: datetime, up_to: datetime) -> Iterator[datetime]:
        """Yield what the wall shows when it fires, as if in UTC, between two moments and around.

        The hour that is left out is due after it, and one that comes twice the first time; so
        both ends are read by the clock of the day before, too.
        """
        shown, last = min(self._on_the_wall(after)), max(self._on_the_wall(up_to))
        for _ in range(MOST_FIRINGS):
            fired: datetime | None = self._trigger.get_next_fire_time(None, shown + SOON_AFTER)
            if fired is None or fired > last:
                return
            yield fired
            shown = fired

    def _on_the_wall(self, moment: datetime) -> tuple[datetime, datetime]:
        """Tell what a clock shows, and what one does that was last set a day ago."""
        now, before = (
            at.astimezone(self._zone).replace(tzinfo=UTC) for at in (moment, moment - ONE_DAY)
        )
        return now, before + ONE_DAY
