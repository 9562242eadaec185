"""A clock that moves only when it is told to."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Clock:
    """The time of a test; it stands at noon until ``wait`` moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def wait(self, seconds: float) -> datetime:
        """Move on by so many seconds and return the new time."""
        self.now += timedelta(seconds=seconds)
        return self.now
