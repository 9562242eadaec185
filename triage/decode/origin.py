"""The device that made a film, and the group that its patient belongs to."""

from contextlib import suppress

from pydicom.dataset import Dataset

from triage.decode import tags
from triage.decode.age import age_years
from triage.domain.origin import Origin, Sex, age_band

LONGEST_DEVICE = 100
"""Characters; a longer one is cut."""

_MAKERS = ("Manufacturer", "ManufacturerModelName")


def origin(dataset: Dataset) -> Origin:
    """Tell where a film comes from; what the header does not tell is ``None``.

    Args:
        dataset: the header; its device is (0008,0070) *Manufacturer*, (0008,1090)
            *Manufacturer's Model Name*, and after a slash (0008,1010) *Station Name*.
    """
    years = age_years(dataset)
    return Origin(
        device=_device(dataset),
        sex=_sex(dataset),
        age_band=None if years is None else age_band(years),
    )


def _device(dataset: Dataset) -> str | None:
    made = " ".join(filter(None, (tags.text(dataset, keyword) for keyword in _MAKERS)))
    told = " / ".join(filter(None, (made, tags.text(dataset, "StationName"))))
    line = "".join(letter if letter.isprintable() else "?" for letter in told[:LONGEST_DEVICE])
    return line or None


def _sex(dataset: Dataset) -> Sex | None:
    with suppress(ValueError):
        return Sex(tags.code(dataset, "PatientSex"))
    return None
