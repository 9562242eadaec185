from pathlib import Path

import pytest

from tests.unit.encode.conftest import CAREFUL, CaptureOf, FilmFile
from triage.domain.assessment import Assessment, Finding, Model, Tier
from triage.encode.told import read_capture


@pytest.fixture
def stored(tmp_path: Path, film_file: FilmFile, capture_of: CaptureOf) -> Path:
    """A capture as it lies in the results folder."""
    path = tmp_path / "capture.dcm"
    path.write_bytes(capture_of(film_file()).encoded)
    return path


def test_a_capture_tells_its_film_and_all_that_was_said_of_it(
    stored: Path, film_file: FilmFile, capture_of: CaptureOf, assessment: Assessment
) -> None:
    told = read_capture(stored)

    assert told is not None
    assert told.sop_instance_uid == capture_of(film_file()).sop_instance_uid
    assert told.source_uid == CAREFUL["SOPInstanceUID"]
    assert told.assessment.model == assessment.model
    assert told.assessment.findings == assessment.findings


def test_a_probability_comes_back_to_three_decimals(
    tmp_path: Path, film_file: FilmFile, capture_of: CaptureOf
) -> None:
    said = Finding("Pleural_Thickening", 0.98765, 0.12345, Tier.URGENT)
    path = tmp_path / "capture.dcm"
    whole = Assessment(Model("two words", "", "ab" * 32), (said,), ())
    path.write_bytes(capture_of(film_file(), assessment=whole).encoded)

    told = read_capture(path)

    assert told is not None
    assert told.assessment.findings == (Finding(said.label, 0.988, 0.123, Tier.URGENT),)
    assert told.assessment.model == whole.model


def test_a_film_is_no_capture(film_file: FilmFile) -> None:
    assert read_capture(film_file()) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"cxr-triage project", b"cxr-triage_project"),
        (b" with model ", b" with_model "),
        (b"0.900 (", b"0.9?? ("),
        (b" No mark ", b" No_mark "),
        (b"flagged)", b"flogged)"),
    ],
)
def test_a_capture_that_was_altered_tells_nothing(
    stored: Path, before: bytes, after: bytes
) -> None:
    stored.write_bytes(stored.read_bytes().replace(before, after))

    assert read_capture(stored) is None


def test_half_a_capture_tells_nothing(stored: Path) -> None:
    stored.write_bytes(stored.read_bytes()[:700])

    assert read_capture(stored) is None
