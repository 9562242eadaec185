"""What the demonstration calls wrong."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread

from deploy.demo.check import problems_of, save_captures
from deploy.demo.films import read_film
from deploy.demo.outcome import Outcome
from deploy.demo.pacs import Pacs
from deploy.demo.stand_in import StandIn, running_stand_in
from sample_dicoms.catalogue import SAMPLES
from sample_dicoms.make_samples import STUDY_DATE, write_sample
from tests.builders.sender import send


@pytest.fixture
def pacs(tmp_path: Path) -> Pacs:
    """A PACS into which nothing was sent."""
    stand_in = StandIn(tmp_path / "pacs")
    stand_in.close()
    return stand_in


@pytest.fixture
def outcome(tmp_path: Path) -> Outcome:
    """A film that was assessed, and in which nothing was found."""
    film = read_film(write_sample(SAMPLES[0], tmp_path, STUDY_DATE))
    return Outcome(
        replace(film, expected_code=""),
        state="ASSESSED",
        code="",
        sentence="",
        probabilities={"tumour": 0.1},
        flagged=(),
        captures=(),
        reason="not flagged, nothing to return",
        seconds=2.5,
    )


def test_an_unflagged_film_needs_no_capture(outcome: Outcome, pacs: Pacs) -> None:
    assert list(problems_of(outcome, pacs)) == []


def test_a_capture_that_never_came_is_missed(outcome: Outcome, pacs: Pacs) -> None:
    flagged = replace(outcome, flagged=("tumour",), captures=("2.25.1",))

    assert list(problems_of(flagged, pacs)) == ["cr_normal: its capture is not in the PACS"]


def test_a_flagged_film_without_a_delivery_is_noticed(outcome: Outcome, pacs: Pacs) -> None:
    flagged = replace(outcome, flagged=("tumour",), reason="")

    assert list(problems_of(flagged, pacs)) == [
        "cr_normal: flagged, but nothing was returned: no reason"
    ]


def test_an_old_study_is_rightly_kept_back(outcome: Outcome, pacs: Pacs) -> None:
    reason = "flagged, not returned: the study is older than 30 days"

    assert list(problems_of(replace(outcome, flagged=("tumour",), reason=reason), pacs)) == []


def test_a_sample_that_is_refused_against_expectation_is_noticed(
    outcome: Outcome, pacs: Pacs
) -> None:
    refused = replace(outcome, code="lateral", sentence="Not frontal.")

    assert list(problems_of(refused, pacs)) == ["cr_normal: lateral, expected assessed"]


def test_a_study_without_an_end_is_noticed(outcome: Outcome, pacs: Pacs) -> None:
    waiting = replace(outcome, state="WAITING")

    assert list(problems_of(waiting, pacs)) == ["cr_normal: its study did not end"]


def test_a_capture_in_another_study_is_noticed(outcome: Outcome, tmp_path: Path) -> None:
    other = write_sample(SAMPLES[1], tmp_path, STUDY_DATE)
    uid = read_film(other).sop_instance_uid
    with running_stand_in(tmp_path / "pacs") as pacs:
        send([other], pacs.peer)

        problems = list(problems_of(replace(outcome, captures=(uid,)), pacs))

    assert problems == ["cr_normal: its capture is in another study"]


def test_a_capture_is_saved_as_dicom_and_as_picture(outcome: Outcome, tmp_path: Path) -> None:
    with running_stand_in(tmp_path / "pacs") as pacs:
        send([outcome.film.path], pacs.peer)
        came = replace(outcome, captures=(outcome.film.sop_instance_uid,))
        (tmp_path / "out").mkdir()

        assert save_captures([came], pacs, tmp_path / "out") == 1

    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["cr_normal.dcm", "cr_normal.png"]
    assert dcmread(tmp_path / "out" / names[0]).Modality == "CR"
