import csv
import hashlib
from datetime import date
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import JPEG2000Lossless

from sample_dicoms.catalogue import SAMPLES
from sample_dicoms.make_samples import MANIFEST, write_samples
from triage.decode.film import read, same_pixels
from triage.domain.errors import UnassessableFilm

FOLDER = Path(__file__).parents[3] / "sample_dicoms"
TODAY = date(2026, 3, 9)

FILES = [sample.file for sample in SAMPLES]
ASSESSED = [sample.file for sample in SAMPLES if not sample.code]
REFUSED = [(sample.file, sample.code) for sample in SAMPLES if sample.code]


def manifest(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / MANIFEST).open(newline="", encoding="utf-8") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    write_samples(folder)
    return folder


@pytest.fixture(scope="module")
def drawn_today(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("today")
    write_samples(folder, TODAY)
    return folder


@pytest.mark.parametrize("file", FILES)
def test_the_files_are_those_of_the_manifest(file: str) -> None:
    digest = hashlib.sha256((FOLDER / file).read_bytes()).hexdigest()

    assert digest == manifest(FOLDER)[file]["sha256"]


@pytest.mark.parametrize("file", FILES)
def test_the_script_draws_the_same_pixels_again(file: str, drawn: Path) -> None:
    assert same_pixels(drawn / file, FOLDER / file)


# The bytes of a JPEG 2000 codestream are its encoder's choice, and may change with it.
@pytest.mark.parametrize("file", [s.file for s in SAMPLES if s.syntax != JPEG2000Lossless])
def test_the_script_writes_the_same_bytes_again(file: str, drawn: Path) -> None:
    assert (drawn / file).read_bytes() == (FOLDER / file).read_bytes()


@pytest.mark.parametrize("file", ASSESSED)
def test_a_film_to_assess_is_read_and_upright(file: str) -> None:
    shown = read(FOLDER / file).render((100, 100))

    assert manifest(FOLDER)[file]["verdict"] == "assessed"
    assert shown[2, 2] < 0.2 < shown[30:50, 20:30].mean() < 0.6 < shown[90:, 20:80].mean()


@pytest.mark.parametrize(("file", "code"), REFUSED)
def test_a_film_not_to_assess_is_refused_for_its_reason(file: str, code: str) -> None:
    with pytest.raises(UnassessableFilm) as refused:
        read(FOLDER / file)

    assert refused.value.refusal.code.value == code == manifest(FOLDER)[file]["code"]


def test_the_side_marker_is_white_and_on_the_left_side_of_the_patient() -> None:
    shown = read(FOLDER / "dx_mass.dcm").render((100, 100))

    assert shown[5:10, 90:].max() > 0.5
    assert shown[5:10, :10].max() < 0.1


def test_names_in_chinese_and_japanese_are_readable() -> None:
    names = [str(dcmread(FOLDER / sample.file).PatientName) for sample in SAMPLES]

    assert names == [sample.patient.name for sample in SAMPLES]


def test_two_films_share_one_study_and_no_two_an_instance() -> None:
    headers = [dcmread(FOLDER / file) for file in FILES]

    assert len({header.StudyInstanceUID for header in headers}) == len(FILES) - 1
    assert len({header.SOPInstanceUID for header in headers}) == len(FILES)


def test_another_day_makes_other_studies_of_the_same_pictures(drawn_today: Path) -> None:
    then = dcmread(FOLDER / "dx_child.dcm", stop_before_pixels=True)
    today = dcmread(drawn_today / "dx_child.dcm", stop_before_pixels=True)

    assert (today.StudyDate, today.PatientAge) == ("20260309", "008Y")
    assert today.StudyInstanceUID != then.StudyInstanceUID
    assert same_pixels(drawn_today / "dx_child.dcm", FOLDER / "dx_child.dcm")


def test_the_samples_are_a_few_megabytes() -> None:
    assert sum((FOLDER / file).stat().st_size for file in FILES) < 6_000_000
