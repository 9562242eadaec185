"""What is expected of a PACS that answers well, badly, twice, or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from tests.builders.archives import TODAY, Shot, running_dcmqrscp
from tests.builders.matches import answering, keys_of, match, matching, session_with
from tests.builders.orthanc import running_orthanc
from tests.builders.pdus import C_FIND_RQ
from tests.builders.scripted import scripted_pacs
from tests.builders.sender import send
from tests.builders.tools import needs
from triage.domain.study import Peer
from triage.domain.worklist import ExpectedSeries, ExpectedStudy
from triage.send.archive import ELSEWHERE, Archive, ListedStudy

YESTERDAY = date(2026, 1, 4)
STUDY = match(StudyInstanceUID="2.25.1", NumberOfStudyRelatedInstances="2")
LISTED = ListedStudy("2.25.1", "", 2, has_films=True)


@contextmanager
def archive_of(peer: Peer) -> Iterator[Archive]:
    session = session_with(peer)
    yield Archive(session)
    session.close()


def studies(*matches: bytes) -> list[str]:
    script = answering(matching({"STUDY": matches}))
    with scripted_pacs(script) as pacs, archive_of(pacs.peer) as archive:
        return [study.study_uid for study in archive.studies(YESTERDAY, TODAY)]


def expected(
    levels: Mapping[str, Sequence[bytes]], **statuses: int
) -> tuple[ExpectedStudy | None, dict[str, int]]:
    script = answering(matching(levels, statuses=statuses))
    with scripted_pacs(script) as pacs, archive_of(pacs.peer) as archive:
        return archive.expect(LISTED), dict(archive.gaps)


def series(uid: str = "2.25.1.3", **attributes: object) -> bytes:
    return match(**({"SeriesInstanceUID": uid, "Modality": "CR"} | attributes))


def image(number: int) -> bytes:
    return match(SOPInstanceUID=f"2.25.1.3.{number}")


WHOLE = ExpectedSeries("2.25.1.3", 2, ("2.25.1.3.1", "2.25.1.3.2"))
IMAGES = [image(1), image(2)]


def test_studies_are_asked_for_by_day_and_modality() -> None:
    with scripted_pacs(answering(matching({}))) as pacs, archive_of(pacs.peer) as archive:
        archive.studies(YESTERDAY, TODAY)

    asked = [keys_of(heard) for heard in pacs.heard(C_FIND_RQ)]
    assert [keys.ModalitiesInStudy for keys in asked] == ["CR", "DX"]
    assert {str(keys.StudyDate) for keys in asked} == {"20260104-20260105"}


def test_a_study_that_is_listed_twice_is_one() -> None:
    assert studies(STUDY, STUDY) == ["2.25.1"]


@pytest.mark.parametrize(
    "other",
    [
        match(StudyInstanceUID="2.25.9", ModalitiesInStudy=["CT", "SR"]),
        match(StudyInstanceUID="2.25.9", StudyDate="20250101"),
        match(StudyInstanceUID="", StudyDate="20260105"),
    ],
)
def test_what_was_not_asked_for_is_not_expected(other: bytes) -> None:
    assert studies(other, STUDY) == ["2.25.1"]


def test_a_study_among_whose_modalities_is_one_of_ours_is_listed() -> None:
    assert studies(match(StudyInstanceUID="2.25.9", ModalitiesInStudy=["SR", "DX"])) == ["2.25.9"]


def test_the_films_of_a_study_are_expected_one_by_one() -> None:
    found = expected({"SERIES": [series()], "IMAGE": IMAGES})

    assert found == (ExpectedStudy("2.25.1", (WHOLE,)), {})


def test_series_and_films_that_are_listed_twice_count_once() -> None:
    found, _ = expected({"SERIES": [series(), series()], "IMAGE": IMAGES + IMAGES})

    assert found == ExpectedStudy("2.25.1", (WHOLE,))


def test_a_series_of_another_modality_is_not_wanted() -> None:
    report = series("2.25.1.9", Modality="SR")

    assert expected({"SERIES": [report, series()], "IMAGE": IMAGES})[0] == ExpectedStudy(
        "2.25.1", (WHOLE,)
    )
    assert expected({"SERIES": [report]}) == (None, {})


def test_a_study_of_another_body_part_is_left_out_and_says_so() -> None:
    found, _ = expected({"SERIES": [series(BodyPartExamined="HAND")]})

    assert found == ExpectedStudy("2.25.1", left_out=ELSEWHERE)


def test_a_study_with_a_chest_film_beside_a_hand_is_wanted_for_its_chest() -> None:
    hand = series("2.25.1.9", BodyPartExamined="HAND")
    chest = series(BodyPartExamined="CHEST")

    assert expected({"SERIES": [hand, chest], "IMAGE": IMAGES})[0] == ExpectedStudy(
        "2.25.1", (WHOLE,)
    )


def test_without_a_list_of_instances_their_number_counts() -> None:
    found, gaps = expected({"SERIES": [series(NumberOfSeriesRelatedInstances="2")]}, IMAGE=0xC001)

    assert found == ExpectedStudy("2.25.1", (ExpectedSeries("2.25.1.3", 2),))
    assert gaps == {"instances: 0xc001: unable to process": 1}


def test_without_any_number_one_film_is_expected() -> None:
    found, gaps = expected({"SERIES": [series()]})

    assert (found, gaps) == (ExpectedStudy("2.25.1", (ExpectedSeries("2.25.1.3", 1),)), {})


@pytest.mark.parametrize(
    ("said", "films"), [("100000", 100_000), ("100001", 1), ("999999999999", 1)]
)
def test_a_number_that_no_study_has_is_none(said: str, films: int) -> None:
    found, _ = expected({"SERIES": [series(NumberOfSeriesRelatedInstances=said)]})

    assert found == ExpectedStudy("2.25.1", (ExpectedSeries("2.25.1.3", films),))


def test_where_no_series_are_listed_the_whole_study_is_expected() -> None:
    found, gaps = expected({}, SERIES=0xA700)

    assert found == ExpectedStudy("2.25.1", (ExpectedSeries("", 2),))
    assert gaps == {"series: 0xa700: out of resources": 1}


SHOTS = [
    Shot("2.25.1"),
    Shot("2.25.1", 2),
    Shot("2.25.2", modality="DX"),
    Shot("2.25.3", body_part="HAND"),
    Shot("2.25.4", modality="CT"),
    Shot("2.25.5", day=date(2026, 1, 1)),
]
HERE = {"2.25.1": 2, "2.25.2": 1}


def asked(peer: Peer, folder: Path) -> dict[str, int]:
    """Fill a PACS, and ask it what it has."""
    send([shot.file(folder) for shot in SHOTS], peer)
    with archive_of(peer) as archive:
        found = [archive.expect(study) for study in archive.studies(YESTERDAY, TODAY)]
        assert not archive.gaps
    return {study.study_uid: study.count for study in found if study is not None}


@needs("Orthanc")
def test_orthanc_is_asked_at_all_levels(tmp_path: Path) -> None:
    (folder := tmp_path / "orthanc").mkdir()
    with running_orthanc(folder) as orthanc:
        assert asked(orthanc.peer, tmp_path) == HERE | {"2.25.3": 0}


@needs("dcmqrscp")
def test_dcmtks_archive_is_asked_at_all_levels_and_knows_no_body_part(tmp_path: Path) -> None:
    with running_dcmqrscp(tmp_path) as peer:
        assert asked(peer, tmp_path) == HERE | {"2.25.3": 1}
