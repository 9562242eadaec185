"""Draw the sample films and write them with their manifest.

    python -m sample_dicoms.make_samples [--to FOLDER] [--study-date YYYYMMDD]

The same date gives the same files. Nothing in them is of a real person.
"""

import argparse
import csv
import hashlib
from datetime import date
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from sample_dicoms.catalogue import SAMPLES, Sample
from sample_dicoms.drawing import Layer
from sample_dicoms.header import header

SHAPE = (720, 612)
STUDY_DATE = date(2026, 1, 15)
"""The date of the samples in this folder; a demonstration writes its own of today."""

MANIFEST = "MANIFEST.csv"
COLUMNS = ("file", "shows", "verdict", "code", "study", "sha256")

_FLOOR, _CEILING = 0.04, 0.96
"""Part of the stored range that the picture covers; the window covers the same."""


def write_samples(folder: Path, study_date: date = STUDY_DATE) -> tuple[Path, ...]:
    """Write every sample and the manifest.

    Args:
        folder: where to; made if absent, files of the same name are replaced.
        study_date: the day of all studies.

    Returns:
        The films' paths, in the manifest's order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(write_sample(sample, folder, study_date) for sample in SAMPLES)
    with (folder / MANIFEST).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_row(*pair) for pair in zip(SAMPLES, paths, strict=True))
    return paths


def write_sample(sample: Sample, folder: Path, study_date: date) -> Path:
    """Draw one sample and write it as a Part 10 file."""
    dataset = header(sample, study_date)
    _add_pixels(dataset, sample, sample.draw(SHAPE))
    if sample.syntax != ExplicitVRLittleEndian:
        dataset.compress(sample.syntax, generate_instance_uid=False)
    path = folder / sample.file
    dataset.save_as(path, enforce_file_format=True)
    return path


def _row(sample: Sample, path: Path) -> tuple[object, ...]:
    """Make the sample's line of the manifest."""
    verdict = "not_assessed" if sample.code else "assessed"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return sample.file, sample.shows, verdict, sample.code, sample.study, digest


def _add_pixels(dataset: Dataset, sample: Sample, picture: Layer) -> None:
    """Add the Image Pixel module, and the window that shows the picture as it was drawn."""
    top = 2**sample.bits - 1
    shown = 1 - picture if sample.inverted else picture
    stored = np.rint((_FLOOR + (_CEILING - _FLOOR) * shown) * top).astype("<u2")
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME1" if sample.inverted else "MONOCHROME2"
    dataset.Rows, dataset.Columns = picture.shape
    dataset.BitsAllocated = 16
    dataset.BitsStored = sample.bits
    dataset.HighBit = sample.bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelData = stored.tobytes()
    dataset["PixelData"].VR = "OW"
    if sample.window_function:
        _add_window(dataset, sample, top)


def _add_window(dataset: Dataset, sample: Sample, top: int) -> None:
    """Add the window; LINEAR is the default function and is left unsaid."""
    width = round((_CEILING - _FLOOR) * top)
    dataset.WindowCenter = str(round((_FLOOR + _CEILING) / 2 * top))
    dataset.WindowWidth = str(width)
    if sample.window_function != "LINEAR":
        dataset.VOILUTFunction = sample.window_function


def main() -> None:
    """Read the command line and write the samples."""
    parser = argparse.ArgumentParser(description="Draw the sample films.")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    parser.add_argument(
        "--study-date", type=date.fromisoformat, default=STUDY_DATE, metavar="YYYYMMDD"
    )
    arguments = parser.parse_args()
    for path in write_samples(arguments.to, arguments.study_date):
        print(path)


if __name__ == "__main__":
    main()
