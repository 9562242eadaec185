"""The bands that ages are reported in."""

import numpy as np

from triage.domain import origin


def age_band(years: float) -> str:
    """Name the band of an age; empty if unknown.

    >>> age_band(17.0), age_band(80.0), age_band(float("nan"))
    ('0-17', '80 and older', '')
    """
    return "" if np.isnan(years) else origin.age_band(years)
