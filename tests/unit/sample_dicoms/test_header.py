import shutil
import subprocess
from pathlib import Path

import pytest

from sample_dicoms.catalogue import SAMPLES
from sample_dicoms.header import uid

FOLDER = Path(__file__).parents[3] / "sample_dicoms"
IODS = {"CRImage", "DXImageForPresentation"}

needs_dicom3tools = pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="NO VALIDATOR: dicom3tools is absent"
)


@needs_dicom3tools
@pytest.mark.parametrize("file", [sample.file for sample in SAMPLES])
def test_the_validator_finds_no_error_and_no_warning(file: str) -> None:
    found = subprocess.run(["dciodvfy", FOLDER / file], capture_output=True, text=True, check=False)

    assert {found.stdout.strip(), found.stderr.strip()} <= IODS | {""}


@needs_dicom3tools
def test_the_films_of_one_study_agree_on_it() -> None:
    films = [FOLDER / sample.file for sample in SAMPLES if sample.study == 5]

    found = subprocess.run(["dcentvfy", *films], capture_output=True, text=True, check=False)

    assert (found.stdout, found.stderr) == ("", "")


def test_the_same_parts_give_the_same_uid() -> None:
    assert uid("study", 1) == uid("study", 1)
    assert uid("study", 1) != uid("study", 2)
    assert uid("study", 1).is_valid
