"""Ages as label files write them."""

import re

_AGE = re.compile(
    r"(?:\d+(?:\.\d+)?\s*-\s*)?(\d+(?:\.\d+)?)\s*(y|m|w|d)?(?:ears?|r|rs|onths?|eeks?|ays?|o)?",
    re.IGNORECASE,
)
"""A number, or the end of a range, and its unit; DICOM's Age String is one (PS3.5 6.2)."""

_IN_A_YEAR = {"y": 1.0, "m": 12.0, "w": 52.0, "d": 365.0}


def years_of(text: str) -> float:
    """Read an age in years; of a range its end counts; NaN if it cannot be read.

    >>> years_of("61"), years_of("061Y"), years_of("1-5y"), years_of("036M"), years_of("")
    (61.0, 61.0, 5.0, 3.0, nan)
    """
    found = _AGE.fullmatch(text.strip())
    if found is None:
        return float("nan")
    return float(found[1]) / _IN_A_YEAR[(found[2] or "y").lower()]
