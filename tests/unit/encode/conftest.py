"""Builders of films as files, careful ones unless a test spoils them."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRLittleEndian

from triage.domain.assessment import Assessment, Finding, HeatMap, Model, Placement, Tier
from triage.encode.secondary_capture import Capture, encode_capture

FilmFile = Callable[..., Path]
"""Keywords and values to a file: bytes stand in it as they are, ``None`` is empty."""

MARK = "@"

CaptureOf = Callable[..., Capture]
"""A film's file, and arguments of ``encode_capture`` that differ, to its capture."""

CAREFUL = {
    "SOPClassUID": ComputedRadiographyImageStorage,
    "SOPInstanceUID": "1.2.826.0.1.3680043.8.498.11",
    "StudyInstanceUID": "1.2.826.0.1.3680043.8.498.12",
    "SeriesInstanceUID": "1.2.826.0.1.3680043.8.498.13",
    "StudyDate": "20260102",
    "StudyTime": "030405",
    "AccessionNumber": "A-17",
    "ReferringPhysicianName": "Ward^Seven",
    "StudyID": "S1",
    "PatientName": "Made^Up",
    "PatientID": "P-1",
    "PatientBirthDate": "19600102",
    "PatientSex": "F",
    "Modality": "CR",
    "SeriesNumber": "1",
    "InstanceNumber": "3",
    "BodyPartExamined": "CHEST",
    "PatientOrientation": ["L", "F"],
    "Manufacturer": "Plates Inc.",
    "ManufacturerModelName": "Reader 5",
}


@pytest.fixture
def film_file(tmp_path: Path) -> FilmFile:
    """Build the header of a careful CR film, with the changes that a test names."""

    def build(*, syntax: str = ExplicitVRLittleEndian, **changes: object) -> Path:
        film, path = Dataset(), tmp_path / "film.dcm"
        with disable_value_validation():
            for keyword, value in {**CAREFUL, **changes}.items():
                setattr(film, keyword, MARK * len(value) if isinstance(value, bytes) else value)
        film.file_meta = FileMetaDataset()
        film.file_meta.TransferSyntaxUID = UID(syntax)
        film.save_as(path, enforce_file_format=True)
        values = [value for value in changes.values() if isinstance(value, bytes)]
        for raw in sorted(values, key=len, reverse=True):
            path.write_bytes(path.read_bytes().replace((MARK * len(raw)).encode(), raw))
        return path

    return build


@pytest.fixture
def assessment() -> Assessment:
    """One flagged finding with its map, and one below its threshold."""
    return Assessment(
        Model("two-heads", "1.2", "ab" * 32),
        (
            Finding("tumour", 0.9, 0.5, Tier.FLAGGED),
            Finding("inflammation", 0.1, 0.4, Tier.BELOW),
        ),
        (HeatMap("tumour", np.ones((7, 7), np.float32), Placement(0, 0, 1, 1)),),
    )


@pytest.fixture
def capture_of(assessment: Assessment) -> CaptureOf:
    """Encode a small picture of a film, with the arguments that a test names."""
    return partial(
        encode_capture,
        picture=np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3),
        assessment=assessment,
        appearance_digest="cd" * 32,
        received_at=datetime(2026, 1, 2, 3, 5, 6, tzinfo=UTC),
    )
