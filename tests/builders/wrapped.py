"""Gray pictures in the clothes of a DX film."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid


def wrapped(path: Path, pixels: NDArray[np.uint8]) -> Path:
    """Write a DX film of ``uint8`` (rows, columns) with a full window and return its path."""
    film, meta = Dataset(), FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    film.file_meta = meta
    film.SOPClassUID = DigitalXRayImageStorageForPresentation
    film.SOPInstanceUID = generate_uid(entropy_srcs=["wrapped", pixels.tobytes().hex()])
    film.Modality, film.BodyPartExamined, film.ViewPosition = "DX", "CHEST", "PA"
    film.PatientAge = "060Y"
    film.PhotometricInterpretation, film.SamplesPerPixel = "MONOCHROME2", 1
    film.Rows, film.Columns = pixels.shape
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 8, 8, 7, 0
    film.WindowCenter, film.WindowWidth = 128, 256
    film.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    film.save_as(path, enforce_file_format=True)
    return path
