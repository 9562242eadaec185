"""A film that comes again with another patient, study or accession: its result is made anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.builders.house import House
from tests.builders.pacs import Pacs
from tests.builders.sender import send
from triage.database.outbox import SUPERSEDED
from triage.database.questions import REPORTS
from triage.database.statistics import ask
from triage.domain.study import DeliveryState

FILM = "dx_mass.dcm"
CORRECTIONS: dict[str, Mapping[str, str]] = {
    "patient": {"PatientID": "OTHER-1", "PatientName": "Other^Name"},
    "study": {"StudyInstanceUID": "2.25.4711"},
    "accession": {"AccessionNumber": "OTHER-2"},
}


def changed(film: Path, to: Path, **attributes: str) -> Path:
    """Write a film with other attributes."""
    dataset = dcmread(film)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(to)
    return to


def come(house: House, *films: Path) -> None:
    """Send films one after the other; each is settled before the next."""
    for film in films:
        assert send([film], house.peer) == [0x0000]
        house.settle()


def to_remove(house: House) -> Sequence[tuple[object, ...]]:
    """Return what the report lists: what, where it is, and what replaced it."""
    with house.engine.connect() as connection:
        since = house.rows("study")[0].first_received_at.date()
        table = ask(connection, REPORTS["to-remove"], since=since)
    names = ("sop_instance_uid", "at_pacs", "replaced_by", "replacement_state")
    return [
        tuple(dict(zip(table.columns, row, strict=True))[n] for n in names) for row in table.rows
    ]


@pytest.mark.parametrize("what", CORRECTIONS)
def test_a_corrected_film_gets_its_result_anew_and_the_old_one_is_to_be_removed(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path, what: str
) -> None:
    corrected = changed(samples / FILM, tmp_path / "corrected.dcm", **CORRECTIONS[what])

    come(house, samples / FILM, corrected)

    old, new = pacs.objects
    assert all(str(new[keyword].value) == value for keyword, value in CORRECTIONS[what].items())
    assert new.SOPInstanceUID != old.SOPInstanceUID
    end = DeliveryState.SENT_UNPROVEN
    assert to_remove(house) == [(old.SOPInstanceUID, "sent", new.SOPInstanceUID, end)]


def test_the_story_of_both_studies_names_what_is_to_be_removed(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    corrected = changed(samples / FILM, tmp_path / "corrected.dcm", **CORRECTIONS["study"])

    come(house, samples / FILM, corrected)

    (old,) = house.story_of(samples / FILM).to_remove
    assert old["sop_instance_uid"] == pacs.objects[0].SOPInstanceUID
    assert old["destination"] == str(pacs.peer)
    assert house.story_of(corrected).to_remove == [old]


def test_a_film_that_comes_again_as_it_was_is_noted_only(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    corrected = changed(samples / FILM, tmp_path / "corrected.dcm", PatientID="OTHER-1")
    again = {"ImageComments": "sent again"}
    first_again = changed(samples / FILM, tmp_path / "first_again.dcm", **again)
    corrected_again = changed(corrected, tmp_path / "corrected_again.dcm", **again)

    come(house, samples / FILM, corrected, first_again, corrected_again)

    assert [row.code for row in house.rows("instance")] == [None, None, "duplicate", "duplicate"]
    assert len(pacs.received) == 2
    assert len(to_remove(house)) == 1


def test_a_result_that_was_not_sent_before_its_correction_is_never_sent(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    corrected = changed(samples / FILM, tmp_path / "corrected.dcm", PatientID="OTHER-1")
    statuses = iter([0xA700])
    pacs.answer = lambda: next(statuses, 0x0000)
    come(house, samples / FILM)

    come(house, corrected)
    house.make_due("delivery")
    house.settle()

    assert next(row.reason for row in house.rows("delivery")) == SUPERSEDED
    assert [str(found.PatientID) for found in pacs.objects] == ["OTHER-1"]
    assert to_remove(house) == []
    assert house.troubles() == []
    assert house.story_of(samples / FILM).study["state"] == "DONE"


def test_a_corrected_film_that_is_refused_leaves_nothing_in_place_of_the_old_result(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    child = {"PatientID": "CHILD", "PatientAge": "008Y", "PatientBirthDate": ""}

    come(house, samples / FILM, changed(samples / FILM, tmp_path / "corrected.dcm", **child))

    (old,) = pacs.objects
    assert [row.code for row in house.rows("instance")] == [None, "under_age"]
    assert to_remove(house) == [(old.SOPInstanceUID, "sent", None, None)]
