"""What a stored capture tells again: which film it is of, and what was said of that film."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from triage.domain.assessment import Assessment, Finding, Model, Tier
from triage.domain.errors import DeliveryParked
from triage.domain.product import MANUFACTURER, MODEL_NAME
from triage.encode.header import read_source, text

_FINDING = re.compile(
    r"(?P<label>[^;]+) (?P<probability>[01]\.\d{3})"
    r" \(threshold (?P<threshold>[01]\.\d{3}), (?P<tier>[a-z ]+)\)"
)
_MODEL = re.compile(r".* with model (?P<named>.+) (?P<version>\S*), (?P<digest>\S+)")
_FRAME = re.compile(
    r"AI - NOT FOR DIAGNOSTIC USE\. (?P<rows>.+)\. No mark does not mean normal\.", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Told:
    """A capture, read back.

    Args:
        sop_instance_uid: of the capture.
        source_uid: SOP Instance UID of its film.
        assessment: probabilities and thresholds to three decimals, and no heat map.
    """

    sop_instance_uid: str
    source_uid: str
    assessment: Assessment


def read_capture(path: Path) -> Told | None:
    """Read a stored capture's header, ``None`` where the file is no whole capture of ours.

    Args:
        path: a Part 10 file; its pixels are not read.

    Raises:
        OSError: it cannot be read.
    """
    try:
        capture = read_source(path)
        if (text(capture, "Manufacturer"), text(capture, "ManufacturerModelName")) != (
            MANUFACTURER,
            MODEL_NAME,
        ):
            return None
        source = text(capture.SourceImageSequence[0], "ReferencedSOPInstanceUID")
        assessment = Assessment(_model(capture), _findings(capture), ())
        return Told(text(capture, "SOPInstanceUID"), source, assessment)
    except (DeliveryParked, AttributeError, LookupError, ValueError, TypeError):
        return None


def _model(capture: Dataset) -> Model:
    described = text(capture.ContributingEquipmentSequence[-1], "ContributionDescription")
    if (found := _MODEL.fullmatch(described)) is None:
        raise ValueError("the capture names no model")
    return Model(found["named"], found["version"], found["digest"])


def _findings(capture: Dataset) -> tuple[Finding, ...]:
    """Read the table that ``encode_capture`` has written; a text that was cut is none."""
    if (whole := _FRAME.fullmatch(text(capture, "ImageComments"))) is None:
        raise ValueError("the capture's text is not whole")
    return tuple(map(_finding, whole["rows"].split("; ")))


def _finding(row: str) -> Finding:
    if (found := _FINDING.fullmatch(row)) is None:
        raise ValueError("a finding cannot be read")
    return Finding(
        label=found["label"],
        probability=float(found["probability"]),
        threshold=float(found["threshold"]),
        tier=Tier(found["tier"].replace(" ", "_")),
    )
