"""The test object: valid, of nobody, and one of ours when it comes back."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.uid import JPEGBaseline8Bit

from tests.builders.tools import complaints, needs
from triage.domain.product import MANUFACTURER, MODEL_NAME
from triage.encode.trial import SERIES_UID, STUDY_UID, Compress, trial_object


@pytest.fixture
def read() -> Dataset:
    return dcmread(BytesIO(trial_object().encoded))


def test_its_patient_and_study_say_what_it_is(read: Dataset) -> None:
    assert (read.PatientName, read.PatientID) == ("TRIAGE^TEST", "TRIAGE-TEST")
    assert read.StudyDescription == "TRIAGE TEST - may be deleted"
    assert "not for diagnostic use" in read.SeriesDescription


def test_each_is_another_object_of_the_same_study(read: Dataset) -> None:
    another = dcmread(BytesIO(trial_object().encoded))

    assert another.SOPInstanceUID != read.SOPInstanceUID
    assert another.StudyInstanceUID == read.StudyInstanceUID == STUDY_UID


def test_it_is_known_as_ours_when_it_comes_back(read: Dataset) -> None:
    assert (read.Manufacturer, read.ManufacturerModelName) == (MANUFACTURER, MODEL_NAME)


def test_a_pacs_finds_it_by_its_keys() -> None:
    trial = trial_object()
    read = dcmread(BytesIO(trial.encoded))

    assert (read.SeriesInstanceUID, read.SOPInstanceUID) == (SERIES_UID, trial.sop_instance_uid)


def test_its_pixels_are_a_ramp(read: Dataset) -> None:
    assert read.pixel_array.shape == (64, 64, 3)
    assert (read.pixel_array[0, 0, 0], read.pixel_array[-1, -1, 2]) == (0, 255)


def compressed(picture: NDArray[np.uint8]) -> bytes:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", subsampling="4:2:2")
    return buffer.getvalue()


def test_a_compressed_one_says_what_it_lost() -> None:
    read = dcmread(BytesIO(trial_object(compressed).encoded))

    assert read.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    assert (read.LossyImageCompression, read.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert read.pixel_array.shape == (64, 64, 3)


@needs("dciodvfy")
@pytest.mark.parametrize("compress", [None, compressed])
def test_a_validator_has_nothing_to_say(tmp_path: Path, compress: Compress | None) -> None:
    file = tmp_path / "trial.dcm"
    file.write_bytes(trial_object(compress).encoded)

    assert complaints("dciodvfy", "-new", file) == []
