"""Small valid CR objects, to be changed in one place each."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    ExplicitVRLittleEndian,
)

GRADIENT = np.arange(4096, dtype=np.uint16).reshape(64, 64)
"""64 x 64, every 12-bit value once."""


def header(**changes: object) -> Dataset:
    """A PA chest film of an adult; ``None`` removes an element."""
    dataset = Dataset()
    elements: dict[str, object] = {
        "SOPClassUID": ComputedRadiographyImageStorage,
        "SOPInstanceUID": "2.25.1",
        "Modality": "CR",
        "PatientAge": "050Y",
        "ViewPosition": "PA",
        "BodyPartExamined": "CHEST",
        "PhotometricInterpretation": "MONOCHROME2",
        "SamplesPerPixel": 1,
        "PixelRepresentation": 0,
    }
    with disable_value_validation():
        for keyword, value in (elements | changes).items():
            if value is not None:
                setattr(dataset, keyword, value)
    return dataset


def film(values: NDArray[np.generic] = GRADIENT, /, **changes: object) -> Dataset:
    """``header`` with pixels of 8 or 16 allocated bits, 12 stored unless changed."""
    dataset = header(**({"BitsStored": 12} | changes))
    dataset.Rows, dataset.Columns = values.shape
    dataset.BitsAllocated = 8 * values.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def saved(dataset: Dataset, path: Path) -> Path:
    """Write a Part 10 file."""
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, enforce_file_format=True)
    return path
