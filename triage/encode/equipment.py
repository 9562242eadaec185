"""Who made the film and who made the capture (PS3.3 C.7.5.1, C.8.6.1, C.12.1)."""

from pydicom.dataset import Dataset

from triage import __version__
from triage.domain.assessment import Model
from triage.domain.product import MANUFACTURER, MODEL_NAME
from triage.encode.codes import ACQUISITION_EQUIPMENT, PROCESSING_EQUIPMENT
from triage.encode.elements import Attributes, ascii_text
from triage.encode.header import copy, text

_OF_MODALITY = (
    "Manufacturer",
    "ManufacturerModelName",
    "InstitutionName",
    "StationName",
    "DeviceSerialNumber",
    "SoftwareVersions",
)


def describe_equipment(film: Dataset, model: Model) -> Attributes:
    """Describe our equipment, and by item the modality and us with the bundle (C.12.1).

    Args:
        film: the film's data set.
        model: the bundle that assessed it.

    Returns:
        General Equipment, SC Equipment and the Contributing Equipment Sequence; the item of
        the modality needs a Manufacturer and is left out where the film names none.
    """
    ours: Attributes = {
        "Manufacturer": MANUFACTURER,
        "ManufacturerModelName": MODEL_NAME,
        "SoftwareVersions": "\\".join((__version__, _lo(model.version), _lo(model.digest))),
    }
    processing: Attributes = {
        **ours,
        "ContributionDescription": f"{name_model(model)}, {ascii_text(model.digest, 64)}",
        "PurposeOfReferenceCodeSequence": PROCESSING_EQUIPMENT,
    }
    return {
        **ours,
        "ConversionType": "WSD",
        "ContributingEquipmentSequence": [*_modality(film), processing],
    }


def _modality(film: Dataset) -> list[Attributes]:
    if not text(film, "Manufacturer"):
        return []
    named = copy(film, _OF_MODALITY)
    return [{**named, "PurposeOfReferenceCodeSequence": ACQUISITION_EQUIPMENT}]


def name_model(model: Model) -> str:
    """Name a bundle in ASCII, as our texts do."""
    named = ascii_text(f"{model.name} {model.version}", 128)
    return f"{MODEL_NAME} {__version__} with model {named}"


def _lo(value: str) -> str:
    """Keep what a value of an LO may hold: 64 characters, none of them a backslash."""
    return ascii_text(value, 64).replace("\\", "/").strip() or "unknown"
