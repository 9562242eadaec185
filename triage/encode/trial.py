"""A Secondary Capture of a test patient, to see whether a PACS takes and keeps one."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, SecondaryCaptureImageStorage

from triage import __version__
from triage.domain.product import MANUFACTURER, MODEL_NAME
from triage.encode.elements import Attributes, encode_attributes
from triage.encode.image_pixel import describe_losses, describe_pixels
from triage.encode.secondary_capture import SERIES_DESCRIPTION, SERIES_NUMBER, file_meta

PATIENT_NAME, PATIENT_ID = "TRIAGE^TEST", "TRIAGE-TEST"
STUDY_DESCRIPTION = "TRIAGE TEST - may be deleted"
STUDY_UID = "2.25.15269183811579743108522798458896871241"
SERIES_UID = "2.25.57782448235451353040254779549940890421"
"""One study holds them all, so that one deletion is enough."""

_SIDE = 64

Compress = Callable[[NDArray[np.uint8]], bytes]
"""Makes baseline JPEG of a picture, as results are made."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A test object: its UID within study and series, and its Part 10 file."""

    sop_instance_uid: str
    encoded: bytes


def trial_object(compress: Compress | None = None) -> Trial:
    """Encode a new test object as a result is encoded; no two have the same UID.

    Whoever gets it back knows it by manufacturer and model as one of ours, and assesses nothing.

    Args:
        compress: where results are compressed; else it is Explicit VR Little Endian.
    """
    uid = f"2.25.{uuid4().int}"
    uids = {
        "SOPClassUID": SecondaryCaptureImageStorage,
        "SOPInstanceUID": uid,
        "SeriesInstanceUID": SERIES_UID,
    }
    ramp = np.linspace(0, 255, _SIDE, dtype=np.uint8)  # (columns,), uint8, 0 to 255
    picture = np.tile(ramp[None, :, None], (_SIDE, 1, 3))
    jpeg = None if compress is None else compress(picture)
    described: Attributes = {
        **_DESCRIBED,
        **describe_losses(Dataset(), ratio=None if jpeg is None else picture.nbytes / len(jpeg)),
        **describe_pixels(picture, jpeg=jpeg),
    }
    meta = file_meta(uids, ExplicitVRLittleEndian if jpeg is None else JPEGBaseline8Bit)
    return Trial(uid, encode_attributes({**described, **uids}, prefix=meta))


_DESCRIBED: Attributes = {
    "PatientName": PATIENT_NAME,
    "PatientID": PATIENT_ID,
    "PatientBirthDate": "",
    "PatientSex": "",
    "StudyInstanceUID": STUDY_UID,
    "StudyDate": "20000101",
    "StudyTime": "000000",
    "StudyID": "TEST",
    "AccessionNumber": "",
    "ReferringPhysicianName": "",
    "StudyDescription": STUDY_DESCRIPTION,
    "Modality": "OT",
    "SeriesNumber": str(SERIES_NUMBER),
    "SeriesDescription": SERIES_DESCRIPTION,
    "BodyPartExamined": "CHEST",
    "Manufacturer": MANUFACTURER,
    "ManufacturerModelName": MODEL_NAME,
    "SoftwareVersions": __version__,
    "ConversionType": "WSD",
    "InstanceNumber": "1",
    "ImageType": "DERIVED\\SECONDARY",
    "PatientOrientation": "",
    "ImageComments": "Test object without a patient. Not for diagnostic use.",
}
