"""The patient's age on the day of the film, as far as the header can be believed."""

import re
from datetime import date

from pydicom.dataset import Dataset

from triage.decode import tags

OLDEST_YEARS = 120
"""An age beyond this is a placeholder, no age."""

_AGE = re.compile(r"(\d{1,3})([DWMY])")
_PER_YEAR = {"D": 365, "W": 52, "M": 12, "Y": 1}
_FILM_DATES = ("StudyDate", "AcquisitionDate", "ContentDate")


def age_years(dataset: Dataset) -> int | None:
    """Tell the age in completed years.

    (0010,1010) *Patient's Age* counts first where it is plausible, else the years between
    (0010,0030) *Patient's Birth Date* and the date of the film. An AS value needs its unit
    (PS3.5 6.2): a bare number is no age.

    Returns:
        Years within [0, 120], or ``None`` where the header tells none or an implausible one.
    """
    stated = _AGE.fullmatch(tags.code(dataset, "PatientAge"))
    years = int(stated[1]) // _PER_YEAR[stated[2]] if stated else None
    if years is not None and years <= OLDEST_YEARS:
        return years
    return _years_between(_day(dataset, "PatientBirthDate"), _film_day(dataset))


def _film_day(dataset: Dataset) -> date | None:
    """Return the first date that says when the film was taken."""
    days = (_day(dataset, keyword) for keyword in _FILM_DATES)
    return next((day for day in days if day is not None), None)


def _day(dataset: Dataset, keyword: str) -> date | None:
    """Read a DA value, also the dotted form of ACR-NEMA (PS3.5 6.2)."""
    digits = tags.text(dataset, keyword).replace(".", "")
    try:
        return date.fromisoformat(digits) if digits.isdecimal() else None
    except ValueError:
        return None


def _years_between(birth: date | None, film: date | None) -> int | None:
    """Count completed years; a film before the birth is implausible."""
    if birth is None or film is None:
        return None
    years = film.year - birth.year - ((film.month, film.day) < (birth.month, birth.day))
    return years if 0 <= years <= OLDEST_YEARS else None
