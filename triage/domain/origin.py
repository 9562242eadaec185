"""What a film is counted by in reports: its device, and of the patient no more than a group."""

from dataclasses import dataclass
from enum import StrEnum

_BANDS = ((18, "0-17"), (40, "18-39"), (60, "40-59"), (80, "60-79"))
_OLDEST = "80 and older"


class Sex(StrEnum):
    """(0010,0040) *Patient's Sex*, its enumerated values (PS3.3 C.7.1.1)."""

    MALE = "M"
    FEMALE = "F"
    OTHER = "O"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a film comes from, as far as its header tells.

    Args:
        device: manufacturer, model and station in one line; ``None`` where none is told.
        sex: of the patient.
        age_band: one of five; the age itself is not kept.
    """

    device: str | None = None
    sex: Sex | None = None
    age_band: str | None = None


UNTOLD = Origin()
"""The origin of a picture without a header."""


def age_band(years: float) -> str:
    """Name the band of an age in years, at least 0.

    >>> age_band(17), age_band(80)
    ('0-17', '80 and older')
    """
    return next((name for limit, name in _BANDS if years < limit), _OLDEST)
