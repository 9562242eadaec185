"""Data sets and Part 10 files as a modality makes them."""

from pathlib import Path

from pydicom import Dataset
from pydicom.config import disable_value_validation
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ComputedRadiographyImageStorage

from tests.builders.studies import EXPLICIT, FILM, STUDY
from triage.receive.arrival import part10_header
from triage.receive.dataset import walk

IMPLICIT = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
CR = str(ComputedRadiographyImageStorage)


def film_dataset(**attributes: object) -> Dataset:
    """Make a CR film of 16 x 16 pixels; further attributes by their keywords."""
    film = Dataset()
    film.SOPClassUID = CR
    film.SOPInstanceUID = FILM
    film.StudyInstanceUID = STUDY
    film.SeriesInstanceUID = f"{STUDY}.1"
    film.Modality = "CR"
    film.PatientName = "Doe^Jane"
    film.PatientID = "4711"
    film.Rows = film.Columns = 16
    film.BitsAllocated = film.BitsStored = 16
    film.HighBit = 15
    film.PixelRepresentation = 0
    film.SamplesPerPixel = 1
    film.PhotometricInterpretation = "MONOCHROME2"
    film.PixelData = bytes(range(256)) * 2
    film["PixelData"].VR = "OW"
    with disable_value_validation():  # a modality's own values may be wrong
        for keyword, value in attributes.items():
            film.pop(keyword, None)
            setattr(film, keyword, value)
    return film


def encoded(dataset: Dataset, *, transfer_syntax_uid: str = EXPLICIT) -> bytes:
    """Encode a data set without file meta information."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR = transfer_syntax_uid == IMPLICIT
    buffer.is_little_endian = transfer_syntax_uid != BIG_ENDIAN
    with disable_value_validation():
        write_dataset(buffer, dataset)
    return buffer.getvalue()


def part10(
    folder: Path,
    contents: bytes,
    *,
    sop_class_uid: str = CR,
    sop_instance_uid: str = FILM,
    transfer_syntax_uid: str = EXPLICIT,
) -> Path:
    """Write a file whose meta information says this, whatever its contents are."""
    header = part10_header(
        sop_class_uid=sop_class_uid,
        sop_instance_uid=sop_instance_uid,
        transfer_syntax_uid=transfer_syntax_uid,
    )
    file = folder / f"{sop_instance_uid}.dcm"
    file.write_bytes(header + contents)
    return file


def read_elements(
    contents: bytes, *, transfer_syntax_uid: str, wanted: frozenset[int]
) -> dict[int, bytes]:
    """Walk over a whole data set at once."""
    begun = walk(transfer_syntax_uid, wanted=wanted)
    begun.feed(contents)
    return begun.finish()
