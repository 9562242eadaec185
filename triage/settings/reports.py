"""Settings of the reports and of the reading list."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from triage.settings.section import Section


class Reports(Section):
    """Whose days the reports count by, and how long a study may wait to be read."""

    time_zone: str = "UTC"
    maximum_wait_h: float = Field(default=24.0, gt=0, le=24 * 31)

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"{name!r} is no time zone that this machine knows, such as Europe/Berlin"
            ) from None
        return name
