"""The nightly worklist: when it runs, whom it asks, and how fast it pulls."""

from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator

from triage.domain.window import Window
from triage.settings.section import Destination, Section, listed

_FIELDS = 5
_UNTOLD = "UTC"


class Worklist(Section):
    """Works through the PACS' studies of the last days; without ``cron`` only when it is told to.

    ``pacs`` is whom it asks, the section ``pacs`` unless it is given; ``mwl`` the Modality
    Worklist, if there is one; ``time_zone`` that of the reports unless it is given; ``reports``
    the folder for the papers of the clock's nights.
    """

    cron: str = ""
    window: str = "20:00-06:00"
    time_zone: str | None = None
    days_back: int = Field(default=1, ge=0, le=365)
    pacs: Annotated[Destination | None, BeforeValidator(listed)] = None
    mwl: Annotated[Destination | None, BeforeValidator(listed)] = None
    method: Literal["move", "get"] = "move"
    studies_per_minute: float = Field(default=60.0, gt=0)
    parallel: int = Field(default=2, ge=1, le=16)
    finish_within_s: float = Field(default=3600.0, ge=0)
    reports: Path | None = None

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, cron: str) -> str:
        fields = cron.split()
        if fields and len(fields) != _FIELDS:
            raise ValueError(f"{cron!r} has {len(fields)} fields: minute hour day month weekday")
        if fields and any(letter.isdigit() for letter in fields[-1]):
            # 0 is Sunday to cron, and Monday to the clock.
            raise ValueError(f"weekday {fields[-1]}: by name, such as mon-fri")
        return cron

    @field_validator("window")
    @classmethod
    def _from_to(cls, window: str) -> str:
        _times(window)
        return window

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        try:
            ZoneInfo(name or _UNTOLD)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone such as Europe/Berlin") from None
        return name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the clock and the window are meant."""
        return ZoneInfo(self.time_zone or _UNTOLD)

    @property
    def hours(self) -> Window:
        """The window in its time zone."""
        start, end = _times(self.window)
        return Window(start, end, self.zone)


def _times(window: str) -> tuple[time, time]:
    try:
        start, end = (time.fromisoformat(part.strip()) for part in window.split("-"))
    except ValueError:
        raise ValueError(f"{window!r} is no window such as 20:00-06:00") from None
    return start, end
