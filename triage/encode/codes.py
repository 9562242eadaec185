"""Coded concepts of DICOM's own scheme that our objects name (PS3.16 annex D)."""

from triage.encode.elements import Attributes


def _dcm(value: str, meaning: str) -> tuple[Attributes, ...]:
    return ({"CodeValue": value, "CodingSchemeDesignator": "DCM", "CodeMeaning": meaning},)


SOURCE_IMAGE = _dcm("121322", "Source image for image processing operation")
"""Why a Secondary Capture refers to the film (CID 7202)."""

ACQUISITION_EQUIPMENT = _dcm("109101", "Acquisition Equipment")
"""The modality's part in a Secondary Capture (CID 7005)."""

PROCESSING_EQUIPMENT = _dcm("109102", "Processing Equipment")
"""Our part in a Secondary Capture (CID 7005)."""
