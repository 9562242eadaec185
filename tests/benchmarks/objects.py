"""Chest-like synthetic objects in four sizes, every one a study of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

DEEPEST_WHITE = 4095


@dataclass(frozen=True, slots=True)
class Size:
    """Rows and columns of 12 bits in 16."""

    name: str
    rows: int
    columns: int

    @property
    def title(self) -> str:
        """How a reader knows it."""
        kilobytes = 2 * self.rows * self.columns / 1000
        return f"{kilobytes / 1000:.1f} MB" if kilobytes > 100 else f"{kilobytes + 1:.0f} kB"


SMALL = Size("small", 64, 64)
HALF = Size("half", 512, 512)
CR = Size("cr", 2048, 2048)
DX = Size("dx", 3056, 2500)


class Shelf:
    """Part 10 files, made when first asked for and used again by every repetition."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Size, list[Path]] = {}
        self._numbers = count(1)

    def files(self, size: Size, number: int) -> list[Path]:
        """Return so many different objects of one size."""
        made = self._made.setdefault(size, [])
        if missing := number - len(made):
            made.extend(self._make(size, missing))
        return made[:number]

    def clear(self) -> None:
        """Remove all files."""
        for made in self._made.values():
            for file in made:
                file.unlink()
        self._made.clear()

    def _make(self, size: Size, number: int) -> Iterator[Path]:
        pixels = _chest(size)
        for _ in range(number):
            serial = next(self._numbers)
            path = self._folder / f"{size.name}-{serial:05d}.dcm"
            film_object(size, serial, pixels).save_as(path, enforce_file_format=True)
            yield path


def sop_instance_uid(serial: int) -> str:
    """Name a film."""
    return f"2.25.{8_100_000_000 + serial}"


def study_instance_uid(serial: int) -> str:
    """Name a film's study."""
    return f"2.25.{8_200_000_000 + serial}"


def film_object(size: Size, serial: int, pixels: bytes) -> Dataset:
    """Make a PA film in a study of its own; all UIDs are as long whatever their serial number."""
    film = Dataset()
    film.SOPClassUID = DigitalXRayImageStorageForPresentation
    film.SOPInstanceUID = sop_instance_uid(serial)
    film.StudyInstanceUID = study_instance_uid(serial)
    film.SeriesInstanceUID = f"2.25.{8_300_000_000 + serial}"
    film.StudyDate, film.StudyTime = "20240102", "030405"
    film.Modality, film.BodyPartExamined, film.ViewPosition = "DX", "CHEST", "PA"
    film.PatientName, film.PatientID = "Bench^Phantom", f"BENCH{serial}"
    film.PatientBirthDate, film.PatientSex = "19600101", "O"
    film.Manufacturer, film.ManufacturerModelName = "Bench", "Synthetic chest"
    film.Rows, film.Columns = size.rows, size.columns
    film.SamplesPerPixel, film.PixelRepresentation = 1, 0
    film.PhotometricInterpretation = "MONOCHROME2"
    film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
    film.WindowCenter, film.WindowWidth = 2048, 4096
    film.PixelData = pixels
    film["PixelData"].VR = "OW"
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return film


def _chest(size: Size) -> bytes:
    """Two dark lungs in a bright body, with noise that no file system compresses away."""
    chance = np.random.default_rng(7)
    y = np.linspace(-1, 1, size.rows, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, size.columns, dtype=np.float32)[None, :]
    body = 3000 * np.exp(-(x**2 + 0.3 * y**2))
    lungs = sum(1800 * np.exp(-(((x - side) / 0.3) ** 2 + (y / 0.6) ** 2)) for side in (-0.4, 0.4))
    noisy = body - lungs + chance.normal(0, 60, body.shape).astype(np.float32)
    pixels: bytes = np.clip(noisy, 0, DEEPEST_WHITE).astype("<u2").tobytes()
    return pixels
