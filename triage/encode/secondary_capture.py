"""The picture of a flagged film as a Secondary Capture in the film's own study (PS3.3 A.8.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
)

from triage.domain.assessment import Assessment, Finding
from triage.domain.errors import DeliveryParked
from triage.domain.product import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from triage.encode.codes import SOURCE_IMAGE
from triage.encode.elements import Attributes, ascii_text, encode_attributes
from triage.encode.equipment import describe_equipment, name_model
from triage.encode.header import (
    copy_header,
    header_digest,
    missing_in,
    read_source,
    text,
    valid,
)
from triage.encode.image_pixel import describe_losses, describe_pixels
from triage.encode.uids import (
    ObjectType,
    instance_uid,
    series_uid,
)

SERIES_NUMBER = 9701
"""(0020,0011) of every capture: far from a modality's own, so that it is read last."""

SERIES_DESCRIPTION = "AI triage - not for diagnostic use"
"""(0008,103E) of every capture."""

_SERIES: Attributes = {
    "Modality": "OT",
    "SeriesNumber": str(SERIES_NUMBER),
    "SeriesDescription": SERIES_DESCRIPTION,
    "BodyPartExamined": "CHEST",
}
"""General Series (C.7.3.1); a chest is unpaired, so that no Laterality is asked for."""

_PAGES_APART = 10_000
"""Between the Instance Numbers of a film's pages: all first pages come first in the series."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A finished object; ``encoded`` is the Part 10 file that every send of it transmits."""

    sop_instance_uid: str
    sop_class_uid: str
    series_instance_uid: str
    encoded: bytes


def encode_capture(
    source: Path,
    picture: NDArray[np.uint8],
    *,
    assessment: Assessment,
    appearance_digest: str,
    received_at: datetime | None,
    lettered: bool = False,
    page: int = 1,
    jpeg: bytes | None = None,
) -> Capture:
    """Encode a film's picture in Explicit VR Little Endian; equal arguments give equal bytes.

    Args:
        source: the film's Part 10 file; its pixels are not read.
        picture: ``uint8`` (rows, columns, 3), RGB, at most 65535 rows and columns.
        assessment: what the picture shows.
        appearance_digest: SHA-256 of the picture's settings in hex.
        received_at: when the film was received, aware: the only clock that enters.
        lettered: text was seen in the film's pixels, whatever its header says.
        page: of the film, from 1; it explains the flagged finding of that rank.
        jpeg: the picture as ``overlay.compression`` made a codestream of it, to be sent instead
            of its pixels.

    Raises:
        DeliveryParked: the film lacks an attribute that files a result in its study.
    """
    film = _identified(source)
    header = copy_header(film)
    bundle = assessment.model.digest
    uids = _uids(film, header, appearance_digest, bundle_digest=bundle, page=page)
    described = {
        **describe_equipment(film, assessment.model),
        **_image(film, assessment, lettered=lettered, page=page),
        **describe_losses(film, ratio=None if jpeg is None else picture.nbytes / len(jpeg)),
        **_times(film, received_at),
        **describe_pixels(picture, jpeg=jpeg),
    }
    syntax = ExplicitVRLittleEndian if jpeg is None else JPEGBaseline8Bit
    return _capture({**header, **_SERIES, **described}, uids, syntax)


def _capture(attributes: Attributes, uids: dict[str, str], syntax: UID) -> Capture:
    return Capture(
        sop_instance_uid=uids["SOPInstanceUID"],
        sop_class_uid=uids["SOPClassUID"],
        series_instance_uid=uids["SeriesInstanceUID"],
        encoded=encode_attributes({**attributes, **uids}, prefix=file_meta(uids, syntax)),
    )


def _identified(source: Path) -> Dataset:
    film = read_source(source)
    if (missing := missing_in(film)) is not None:
        raise DeliveryParked(missing)
    return film


def _uids(
    film: Dataset, header: Attributes, appearance_digest: str, *, bundle_digest: str, page: int
) -> dict[str, str]:
    """Identify the capture and its series."""
    digest, kind = header_digest(header), ObjectType.SECONDARY_CAPTURE
    series = series_uid(
        text(film, "StudyInstanceUID"),
        header_digest=digest,
        bundle_digest=bundle_digest,
        object_type=kind,
    )
    instance = instance_uid(
        text(film, "SOPInstanceUID"),
        header_digest=digest,
        bundle_digest=bundle_digest,
        appearance_digest=appearance_digest,
        object_type=kind,
        page=page,
    )
    return {
        "SOPClassUID": SecondaryCaptureImageStorage,
        "SOPInstanceUID": instance,
        "SeriesInstanceUID": series,
    }


def file_meta(uids: Mapping[str, str], transfer_syntax_uid: str) -> bytes:
    """Encode preamble and File Meta Information (PS3.10 7.1)."""
    meta = encode_attributes(
        {
            "FileMetaInformationVersion": b"\0\1",
            "MediaStorageSOPClassUID": uids["SOPClassUID"],
            "MediaStorageSOPInstanceUID": uids["SOPInstanceUID"],
            "TransferSyntaxUID": transfer_syntax_uid,
            "ImplementationClassUID": IMPLEMENTATION_CLASS_UID,
            "ImplementationVersionName": IMPLEMENTATION_VERSION_NAME,
        }
    )
    length = encode_attributes({"FileMetaInformationGroupLength": len(meta)})
    return bytes(128) + b"DICM" + length + meta


def _image(film: Dataset, assessment: Assessment, *, lettered: bool, page: int) -> Attributes:
    """General Image (C.7.6.1): what the picture was made of, and what it says."""
    reference: Attributes = {
        "ReferencedSOPClassUID": text(film, "SOPClassUID"),
        "ReferencedSOPInstanceUID": text(film, "SOPInstanceUID"),
        "PurposeOfReferenceCodeSequence": SOURCE_IMAGE,
    }
    side = "[APRLHF]{1,3}"
    return {
        "PatientOrientation": "",
        "InstanceNumber": _number(film, page),
        "ImageType": "DERIVED\\SECONDARY",
        "SourceImageSequence": [reference],
        "DerivationDescription": _derivation(assessment, page),
        "ImageComments": _findings(assessment),
        **valid(film, "PatientOrientation", rf"{side}\\{side}"),
        **valid(film, "ViewPosition", "[A-Z0-9_ ]{1,16}"),
        **_burnt_in(film, lettered=lettered),
    }


def _number(film: Dataset, page: int) -> str:
    """Number a page as its film is numbered, so that captures are sorted as films are."""
    given = re.fullmatch("[0-9]{1,9}", text(film, "InstanceNumber"))
    return str((int(given.group()) if given else 1) + _PAGES_APART * (page - 1))


def _burnt_in(film: Dataset, *, lettered: bool) -> Attributes:
    """Say whether the film identifies its patient (0028,0301); pixels overrule a "NO"."""
    if lettered:
        return {"BurnedInAnnotation": "YES"}
    return valid(film, "BurnedInAnnotation", "YES|NO")


def _times(film: Dataset, received_at: datetime | None) -> Attributes:
    """Say when the film was received, in the time zone that its header states."""
    if received_at is None:
        return {}
    local = received_at.astimezone(_zone(film) or received_at.tzinfo)
    date, time = local.strftime("%Y%m%d"), local.strftime("%H%M%S.%f")
    return {
        "InstanceCreationDate": date,
        "InstanceCreationTime": time,
        "ContentDate": date,
        "ContentTime": time,
        "DateOfSecondaryCapture": date,
        "TimeOfSecondaryCapture": time,
    }


def _zone(film: Dataset) -> tzinfo | None:
    """Read (0008,0201) *Timezone Offset From UTC*, ``None`` where it says nothing valid."""
    match = re.fullmatch("([+-])(0[0-9]|1[0-4])([0-5][0-9])", text(film, "TimezoneOffsetFromUTC"))
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def _derivation(assessment: Assessment, page: int) -> str:
    """Say how the picture came about; ST holds 1024 characters."""
    explained = ", ".join(finding.label for finding in assessment.flagged[page - 1 : page])
    sentence = (
        f"Film resampled, heat map of {explained or 'no finding'} (Grad-CAM) painted over it, "
        f"findings and legend beside it, by {name_model(assessment.model)}. "
        "Not for diagnostic use."
    )
    return ascii_text(sentence, 1024)


def _findings(assessment: Assessment) -> str:
    """Repeat the picture's table as text; LT holds 10240 characters."""
    rows = "; ".join(map(_finding, assessment.findings))
    return ascii_text(f"AI - NOT FOR DIAGNOSTIC USE. {rows}. No mark does not mean normal.", 10240)


def _finding(finding: Finding) -> str:
    tier = finding.tier.value.replace("_", " ")
    return f"{finding.label} {finding.probability:.3f} (threshold {finding.threshold:.3f}, {tier})"
