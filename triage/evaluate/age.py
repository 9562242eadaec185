"""Ages as label files write them, and the bands that they are reported in."""

import re

import numpy as np

from triage.domain import origin


def years_of(text: str) -> float:
    """Read an age; of a range its end counts, months and less are no year; NaN if unknown.

    >>> years_of("61"), years_of("061Y"), years_of("1-5y"), years_of("007M"), years_of("")
    (61.0, 61.0, 5.0, 0.0, nan)
    """
    numbers = [float(number) for number in re.findall(r"\d+", text)]
    if not numbers:
        return float("nan")
    return 0.0 if text.strip().upper().endswith(("M", "W", "D")) else max(numbers)


def age_band(years: float) -> str:
    """Name the band of an age; empty if unknown.

    >>> age_band(17.0), age_band(80.0), age_band(float("nan"))
    ('0-17', '80 and older', '')
    """
    return "" if np.isnan(years) else origin.age_band(years)
