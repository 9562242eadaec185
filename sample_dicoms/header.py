"""The headers of the samples: complete CR and DX objects (PS3.3 A.2, A.26)."""

import uuid
from datetime import date, timedelta

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)

from sample_dicoms.catalogue import Sample

SPACING_MM = 0.48
"""Spacing at the detector: a detector of 35 cm x 30 cm on 720 x 612 pixels."""

_NAMESPACE = uuid.UUID("6f6b8a1c-5d0e-5a55-9b57-0d6f1f9d8a10")
_VIEW_CODES = {
    "PA": ("272479007", "postero-anterior"),
    "AP": ("399348003", "antero-posterior"),
    "LL": ("399173006", "left lateral"),
}
_REGIONS = {"CHEST": ("51185008", "Chest"), "HAND": ("85562004", "Hand")}
_ORIENTATIONS = {"PA": ["L", "F"], "AP": ["L", "F"], "LL": ["P", "F"]}


def uid(*parts: object) -> UID:
    """Derive a UID under 2.25 from what it names; the same parts give the same UID."""
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(map(str, parts))).int}")


def header(sample: Sample, study_date: date) -> Dataset:
    """Make everything but the pixels.

    Args:
        sample: the film.
        study_date: the day of the study; UIDs follow it, so that copies of another day are
            other studies.
    """
    dataset = Dataset()
    dataset.file_meta = _meta(sample, study_date)
    _add_identity(dataset, sample, study_date)
    _add_times(dataset, study_date)
    _add_equipment(dataset, sample)
    _add_acquisition(dataset, sample)
    if sample.modality == "DX":
        _add_digital_x_ray(dataset, sample)
    return dataset


def _meta(sample: Sample, study_date: date) -> FileMetaDataset:
    """Name the object in the file's meta information; ours, so that no library's name is in it."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = _sop_class(sample)
    meta.MediaStorageSOPInstanceUID = uid("instance", sample.file, study_date)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid("implementation")
    meta.ImplementationVersionName = "CXR_SAMPLES_1"
    return meta


def _sop_class(sample: Sample) -> UID:
    """Choose the storage class of the modality."""
    is_cr = sample.modality == "CR"
    return ComputedRadiographyImageStorage if is_cr else DigitalXRayImageStorageForPresentation


def _add_identity(dataset: Dataset, sample: Sample, study_date: date) -> None:
    """Add patient, study and series."""
    patient = sample.patient
    if patient.character_set:
        dataset.SpecificCharacterSet = list(patient.character_set)
    dataset.SOPClassUID = _sop_class(sample)
    dataset.SOPInstanceUID = uid("instance", sample.file, study_date)
    dataset.StudyInstanceUID = uid("study", sample.study, study_date)
    dataset.SeriesInstanceUID = uid("series", sample.file, study_date)
    dataset.PatientName = patient.name
    dataset.PatientID = patient.id
    dataset.PatientSex = patient.sex
    dataset.PatientAge = f"{patient.age:03d}Y"
    dataset.PatientBirthDate = f"{_birth_date(patient.age, study_date):%Y%m%d}"
    dataset.AccessionNumber = f"ACC{sample.study:05d}"
    dataset.StudyID = f"S{sample.study:04d}"
    dataset.ReferringPhysicianName = "Referrer^Rita"
    dataset.StudyDescription = f"XR {sample.body_part}"
    dataset.SeriesDescription = f"{sample.body_part} {sample.view}"
    dataset.SeriesNumber = 2 if sample.view == "LL" else 1
    dataset.InstanceNumber = 1
    dataset.AcquisitionNumber = 1


def _birth_date(age: int, study_date: date) -> date:
    """Choose a birthday some months before the study, so that the age holds on its day."""
    return study_date - timedelta(days=round(365.25 * age) + 150)


def _add_times(dataset: Dataset, study_date: date) -> None:
    """Add the dates and times of study, series, acquisition and content."""
    for minute, level in enumerate(("Study", "Series", "Acquisition", "Content")):
        setattr(dataset, f"{level}Date", f"{study_date:%Y%m%d}")
        setattr(dataset, f"{level}Time", f"09{30 + minute}00")
    dataset.InstanceCreationDate = f"{study_date:%Y%m%d}"
    dataset.InstanceCreationTime = "093400"


def _add_equipment(dataset: Dataset, sample: Sample) -> None:
    """Add a maker and a hospital that do not exist."""
    dataset.Modality = sample.modality
    dataset.Manufacturer = "Sample Imaging Works"
    dataset.ManufacturerModelName = f"Drawn {sample.modality}"
    dataset.DeviceSerialNumber = "0001"
    dataset.SoftwareVersions = "1"
    dataset.InstitutionName = "Sample General Hospital"
    dataset.StationName = f"{sample.modality}1"


def _add_acquisition(dataset: Dataset, sample: Sample) -> None:
    """Add what was taken, from where, and with which dose."""
    dataset.BodyPartExamined = sample.body_part
    dataset.ViewPosition = sample.view
    dataset.PatientOrientation = _ORIENTATIONS[sample.view]
    dataset.ImagerPixelSpacing = [SPACING_MM, SPACING_MM]
    dataset.KVP = "120"
    dataset.DistanceSourceToDetector = "1800"
    dataset.BurnedInAnnotation = "NO"
    if sample.modality == "CR":
        dataset.ImageType = ["ORIGINAL", "PRIMARY"]
        dataset.PlateType = "STORAGE"
    if sample.body_part == "HAND":
        dataset.Laterality = "R"


def _add_digital_x_ray(dataset: Dataset, sample: Sample) -> None:
    """Add the DX modules: anatomy, detector, positioning and presentation (PS3.3 C.8.11)."""
    dataset.ImageType = ["ORIGINAL", "PRIMARY", ""]
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageLaterality = "U"
    region = _code(*_REGIONS[sample.body_part])
    dataset.AnatomicRegionSequence = Sequence([region])
    view = _code(*_VIEW_CODES[sample.view])
    view.ViewModifierCodeSequence = Sequence()
    dataset.ViewCodeSequence = Sequence([view])
    dataset.DetectorType = "SCINTILLATOR"
    dataset.PositionerType = ""
    dataset.AcquisitionContextSequence = Sequence()
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1 if sample.inverted else -1
    dataset.RescaleIntercept = "0"
    dataset.RescaleSlope = "1"
    dataset.RescaleType = "US"
    dataset.PresentationLUTShape = "INVERSE" if sample.inverted else "IDENTITY"
    dataset.LossyImageCompression = "00"


def _code(value: str, meaning: str) -> Dataset:
    """Make a SNOMED CT code item."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = "SCT"
    item.CodeMeaning = meaning
    return item
