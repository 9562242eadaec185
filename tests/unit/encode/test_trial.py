"""The test object: valid, of nobody, and one of ours when it comes back."""

from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread

from tests.builders.tools import complaints, needs
from triage.domain.product import MANUFACTURER, MODEL_NAME
from triage.encode.trial import SERIES_UID, STUDY_UID, trial_object


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


@needs("dciodvfy")
def test_a_validator_has_nothing_to_say(tmp_path: Path) -> None:
    file = tmp_path / "trial.dcm"
    file.write_bytes(trial_object().encoded)

    assert complaints("dciodvfy", "-new", file) == []
