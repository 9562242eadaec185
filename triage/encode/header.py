"""Patient and study of the film, copied byte for byte from the spooled file.

The values are read at the last moment and never decoded: a name in GB18030, in ISO 2022 or
in no known character set leaves exactly as it came, beside its Specific Character Set.
"""

import hashlib
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from triage.domain.errors import DeliveryParked
from triage.domain.hidden import Hidden
from triage.encode.elements import Attributes, Value, encode_attributes

_PATIENT_GROUPS = (0x0010, 0x0012)
_STUDY = (
    "SpecificCharacterSet",
    "TimezoneOffsetFromUTC",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "IssuerOfAccessionNumberSequence",
    "ReferringPhysicianName",
    "ReferringPhysicianIdentificationSequence",
    "ConsultingPhysicianName",
    "ConsultingPhysicianIdentificationSequence",
    "StudyDescription",
    "ProcedureCodeSequence",
    "PhysiciansOfRecord",
    "PhysiciansOfRecordIdentificationSequence",
    "NameOfPhysiciansReadingStudy",
    "PhysiciansReadingStudyIdentificationSequence",
    "AdmittingDiagnosesDescription",
    "AdmittingDiagnosesCodeSequence",
    "ReferencedStudySequence",
    "StudyInstanceUID",
    "StudyID",
    "RequestingService",
    "ReasonForVisit",
    "ReasonForVisitCodeSequence",
    "AdmissionID",
    "IssuerOfAdmissionIDSequence",
    "ServiceEpisodeID",
    "ServiceEpisodeDescription",
    "IssuerOfServiceEpisodeIDSequence",
    "PatientState",
    "ReasonForPerformedProcedureCodeSequence",
)
_OF_THE_SERIES = frozenset(
    {
        "ClinicalTrialCoordinatingCenterName",
        "ClinicalTrialSeriesID",
        "ClinicalTrialSeriesDescription",
    }
)
_TEXT = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN"}
    | {"SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
"""Values whose bytes no byte order changes."""

_NEEDED = {
    "StudyInstanceUID": "Study Instance UID (0020,000D)",
    "PatientID": "Patient ID (0010,0020)",
    "SOPInstanceUID": "SOP Instance UID (0008,0018)",
    "SOPClassUID": "SOP Class UID (0008,0016)",
}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom and what a film belongs to, to be compared and never printed."""

    patient: Hidden
    study: Hidden
    accession: Hidden


def identity(path: Path) -> Identity:
    """Read the identity of a spooled film; another identity means another header.

    Args:
        path: a Part 10 file; its pixels are not read.

    Returns:
        Patient, study and accession number; equal where the attributes are, padding aside.
    """
    source = read_source(path)
    patient = ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex")
    return Identity(
        patient=Hidden("\0".join(text(source, keyword) for keyword in patient)),
        study=Hidden(text(source, "StudyInstanceUID")),
        accession=Hidden(text(source, "AccessionNumber")),
    )


def accession(path: Path) -> Hidden:
    """Read (0008,0050) *Accession Number* of a spooled film.

    Args:
        path: a Part 10 file; its pixels are not read.

    Returns:
        The number without padding, empty where there is none or the header is broken.
    """
    try:
        return Hidden(text(read_source(path), "AccessionNumber"))
    except DeliveryParked:
        return Hidden("")


def missing_identity(path: Path) -> str | None:
    """Name the attributes without which no result can be filed in a study.

    Args:
        path: a Part 10 file; its pixels are not read.

    Returns:
        One sentence without patient data, or ``None`` where nothing is missing.
    """
    return missing_in(read_source(path))


def missing_in(source: Dataset) -> str | None:
    """Name the attributes that ``source`` needs and lacks, as ``missing_identity`` does."""
    missing = [name for keyword, name in _NEEDED.items() if not text(source, keyword)]
    return f"the film has no {', no '.join(missing)}" if missing else None


def read_source(path: Path) -> Dataset:
    """Read a spooled file up to its pixels, also one without preamble or File Meta.

    Args:
        path: a Part 10 file.

    Raises:
        DeliveryParked: the header is broken.
    """
    with warnings.catch_warnings():
        # pydicom warns of what it would have to repair; here values are only carried over.
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path, stop_before_pixels=True, force=True)
        except (EOFError, RuntimeError, ValueError) as error:
            raise DeliveryParked("the film's header cannot be read") from error


def copy_header(source: Dataset) -> Attributes:
    """Copy patient and study, raw: nothing is added, nothing mended.

    Args:
        source: a data set as ``read_source`` returns it.

    Returns:
        Raw values by keyword: groups 0010 and 0012, where the Patient (PS3.3 C.7.1.1), Patient
        Study (C.7.2.2) and Clinical Trial modules live, and General Study (C.7.2.1).
    """
    patient = [name for name in _keywords(source, _PATIENT_GROUPS) if name not in _OF_THE_SERIES]
    return copy(source, (*_STUDY, *patient))


def copy(source: Dataset, keywords: Iterable[str]) -> dict[str, Value]:
    """Copy the raw values of those ``keywords`` that are present, sequences with their items."""
    values = ((keyword, _raw_value(source, tag_for_keyword(keyword))) for keyword in keywords)
    return {keyword: value for keyword, value in values if value is not None}


def _keywords(source: Dataset, groups: Iterable[int] | None = None) -> list[str]:
    tags = [tag for tag in sorted(source.keys()) if groups is None or tag.group in groups]
    return [keyword for tag in tags if (keyword := keyword_for_tag(tag))]


def _raw_value(source: Dataset, tag: int | None) -> "Value | None":
    if tag is None or tag not in source:
        return None
    if dictionary_VR(tag) == "SQ":
        return [copy(item, _keywords(item)) for item in source[tag].value or ()]
    element: DataElement | RawDataElement = source.get_item(tag)
    if not isinstance(element, RawDataElement):
        return _written_again(element)
    movable = element.is_little_endian or dictionary_VR(tag) in _TEXT
    return element.value or b"" if movable else None


def _written_again(element: DataElement) -> bytes:
    """Write a value that pydicom has read already: of what is copied, the character set."""
    values = [element.value] if isinstance(element.value, str) else element.value or ()
    return "\\".join(map(str, values)).encode("latin-1", "replace")


def header_digest(header: Attributes) -> str:
    """Digest a copied header: SHA-256 in hex over its encoded elements.

    Args:
        header: what ``copy_header`` returned.
    """
    return hashlib.sha256(encode_attributes(header)).hexdigest()


def text(source: Dataset, keyword: str) -> str:
    """Read a value as text without padding, ``""`` where absent; one character per byte."""
    value = copy(source, (keyword,)).get(keyword, b"")
    return value.decode("latin-1").strip(" \0") if isinstance(value, bytes) else ""


def valid(source: Dataset, keyword: str, pattern: str) -> dict[str, Value]:
    """Copy one attribute where its whole value matches ``pattern``, else nothing."""
    value = text(source, keyword)
    return {keyword: value} if re.fullmatch(pattern, value) else {}
