"""From C-STORE to a Secondary Capture in the PACS, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID, JPEGBaseline8Bit

from sample_dicoms.make_samples import write_samples
from tests.acceptance.conftest import Compose
from tests.builders.house import House
from tests.builders.pacs import Pacs
from tests.builders.sender import send
from triage.domain.product import MODEL_NAME
from triage.pipeline import Route
from triage.settings import Settings


def changed(film: Path, to: Path, **values: str) -> Path:
    """Write a copy of a film with other attributes."""
    dataset = dcmread(film)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.save_as(to)
    return to


def inverted(film: Path, to: Path) -> Path:
    """Write a copy of an uncompressed film with other pixels."""
    dataset = dcmread(film)
    dataset.PixelData = bytes(255 - byte for byte in dataset.PixelData)
    dataset.save_as(to)
    return to


def delivered(house: House) -> list[tuple[object, object]]:
    """Name the captures of the outbox and their states."""
    return [(row.sop_instance_uid, row.state) for row in house.rows("delivery")]


def test_a_flagged_film_returns_into_its_own_study(house: House, pacs: Pacs, samples: Path) -> None:
    film = samples / "dx_mass.dcm"

    answers = send([film], house.peer)
    house.settle()

    (capture,) = pacs.objects
    assert answers == [0x0000]
    assert capture.StudyInstanceUID == dcmread(film).StudyInstanceUID
    assert capture.ManufacturerModelName == MODEL_NAME
    assert house.story_of(film).study["state"] == "DONE"
    assert delivered(house) == [(capture.SOPInstanceUID, "SENT_UNPROVEN")]


def test_every_sample_ends_as_its_manifest_says(house: House, samples: Path) -> None:
    lines = (samples / "MANIFEST.csv").read_text(encoding="utf-8").splitlines()
    expected = {line.split(",")[0]: line.split(",")[-3] for line in lines[1:]}

    send(sorted(samples.glob("*.dcm")), house.peer)
    house.settle()

    ends = {str(row.sop_instance_uid): row.code or "" for row in house.rows("instance")}
    uids = {name: str(dcmread(samples / name).SOPInstanceUID) for name in expected}
    assert {name: ends[uids[name]] for name in expected} == expected


def test_a_film_below_the_thresholds_is_not_returned(
    compose: Compose, calm_route: Route, pacs: Pacs, samples: Path
) -> None:
    with compose(route=calm_route) as house:
        send([samples / "dx_mass.dcm"], house.peer)
        house.settle()

        events = house.story_of(samples / "dx_mass.dcm").events

    assert pacs.received == []
    assert "not flagged, nothing to return" in [event["reason"] for event in events]


def test_shadow_mode_assesses_and_sends_nothing(
    compose: Compose, settings: Settings, pacs: Pacs, samples: Path
) -> None:
    shadow = settings.model_copy(
        update={"pacs": settings.pacs.model_copy(update={"returns": False})}
    )

    with compose(chosen=shadow) as house:
        send([samples / "dx_mass.dcm"], house.peer)
        house.settle()
        told = house.story_of(samples / "dx_mass.dcm")

    assert pacs.received == []
    assert told.study["state"] == "DONE"
    assert len(told.findings[1]) > 0
    assert "flagged, not returned: pacs.return is false" in [e["reason"] for e in told.events]


def test_an_old_study_is_assessed_but_not_returned(
    house: House, pacs: Pacs, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    write_samples(tmp_path / "old", today - timedelta(days=31))
    write_samples(tmp_path / "young", today - timedelta(days=29))

    send([tmp_path / "old" / "dx_mass.dcm", tmp_path / "young" / "cr_normal.dcm"], house.peer)
    house.settle()

    assert [row.state for row in house.rows("instance")] == ["ASSESSED", "ASSESSED"]
    assert [str(found.StudyDate) for found in pacs.objects] == [f"{today - timedelta(29):%Y%m%d}"]


def test_the_same_bytes_again_change_nothing(house: House, pacs: Pacs, samples: Path) -> None:
    film = samples / "dx_mass.dcm"
    send([film], house.peer)
    house.settle()

    answers = send([film, film], house.peer)
    house.settle()

    assert answers == [0x0000, 0x0000]
    assert len(house.rows("instance")) == 1
    assert len(pacs.received) == 1


def test_the_same_film_with_another_comment_is_noted_only(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    film = samples / "dx_mass.dcm"
    again = changed(film, tmp_path / "again.dcm", ImageComments="coerced on the way")
    send([film], house.peer)
    house.settle()

    send([again], house.peer)
    house.settle()

    assert [row.code for row in house.rows("instance")] == [None, "duplicate"]
    assert house.story_of(film).study["state"] == "DONE"
    assert len(pacs.received) == 1


def test_a_corrected_patient_gets_the_result_anew(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    film = samples / "dx_mass.dcm"
    corrected = changed(film, tmp_path / "corrected.dcm", PatientID="OTHER-1")
    send([film], house.peer)
    house.settle()

    send([corrected], house.peer)
    house.settle()

    first, second = pacs.objects
    assert second.PatientID == "OTHER-1"
    assert second.SOPInstanceUID != first.SOPInstanceUID
    assert [row.state for row in house.rows("instance")] == ["ASSESSED", "ASSESSED"]


def test_other_pixels_under_a_known_uid_are_quarantined(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    film = samples / "dx_mass.dcm"
    send([film], house.peer)
    house.settle()

    answers = send([inverted(film, tmp_path / "other.dcm")], house.peer)
    house.settle()

    assert answers == [0x0000]
    assert [row.state for row in house.rows("instance")] == ["ASSESSED", "QUARANTINED"]
    assert [row["state"] for row in house.troubles()] == ["QUARANTINED"]
    assert len(pacs.received) == 1


def test_a_late_film_adds_only_its_own_result(house: House, pacs: Pacs, samples: Path) -> None:
    lateral, frontal = samples / "dx_lateral.dcm", samples / "dx_normal_japanese_name.dcm"
    send([lateral], house.peer)
    house.settle()
    before = house.story_of(lateral).study["state"]

    send([frontal], house.peer)
    house.settle()

    assert before == "NOT_ASSESSED"
    assert house.story_of(frontal).study["state"] == "DONE"
    assert len(pacs.received) == 1


def test_an_own_capture_that_comes_back_is_never_assessed(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    send([samples / "dx_mass.dcm"], house.peer)
    house.settle()
    (capture,) = pacs.objects
    back = tmp_path / "back.dcm"
    _as_file(capture, back)

    send([back], house.peer)
    house.settle()

    assert [row.code for row in house.rows("instance")] == [None, "own_result"]
    assert len(pacs.received) == 1


def test_a_foreign_copy_of_a_capture_is_known_by_its_equipment(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    send([samples / "dx_mass.dcm"], house.peer)
    house.settle()
    (capture,) = pacs.objects
    capture.SOPInstanceUID, capture.Modality = UID("2.25.42"), "DX"
    capture.file_meta.MediaStorageSOPInstanceUID = UID("2.25.42")
    _as_file(capture, tmp_path / "back.dcm")

    send([tmp_path / "back.dcm"], house.peer)
    house.settle()

    assert [row.code for row in house.rows("instance")] == [None, "own_result"]


def test_a_film_without_patient_id_is_parked(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    nameless = changed(samples / "dx_mass.dcm", tmp_path / "nameless.dcm", PatientID="")

    send([nameless], house.peer)
    house.settle()

    (parked,) = house.rows("delivery")
    assert (parked.state, parked.sop_instance_uid) == ("PARKED", None)
    assert str(parked.reason).startswith("identity: ")
    assert house.story_of(nameless).study["state"] == "DONE"
    assert pacs.received == []


def test_a_pacs_that_is_down_gets_the_result_when_it_is_back(
    house: House, pacs: Pacs, samples: Path
) -> None:
    statuses = iter([0xA700, 0x0000])
    pacs.answer = lambda: next(statuses)
    send([samples / "dx_mass.dcm"], house.peer)
    house.settle()
    (waiting,) = house.rows("delivery")

    house.make_due("delivery")
    house.settle()

    (sent,) = house.rows("delivery")
    assert (waiting.state, waiting.reason) == (
        "WAITING",
        f"{pacs.peer} answered 0xa700: out of resources",
    )
    assert (sent.state, sent.attempts) == ("SENT_UNPROVEN", 2)
    assert len(pacs.received) == 1


def test_two_runs_give_the_same_bytes(house: House, samples: Path, flagging_route: Route) -> None:
    send([samples / "dx_mass.dcm"], house.peer)
    house.settle()
    (row,) = house.rows("instance")
    film = house.spool.path(str(row.digest))

    again = flagging_route.compose(
        film, flagging_route.assess(film), received_at=row.received_at
    ).capture

    (delivery,) = house.rows("delivery")
    assert house.results.path(str(delivery.digest)).read_bytes() == again.encoded


def test_each_page_is_a_delivery_of_its_own_and_sent_once(
    compose: Compose, flagging_route: Route, pacs: Pacs, samples: Path
) -> None:
    several = replace(flagging_route.appearance, pages=3)

    with compose(route=replace(flagging_route, appearance=several)) as house:
        send([samples / "dx_mass.dcm"], house.peer)
        house.settle()
        sent = delivered(house)

    first, second = pacs.objects
    assert sorted(sent) == sorted(
        [(page.SOPInstanceUID, "SENT_UNPROVEN") for page in (first, second)]
    )
    assert first.DerivationDescription != second.DerivationDescription
    assert first.SeriesInstanceUID == second.SeriesInstanceUID


def test_a_jpeg_reaches_the_pacs_in_its_own_syntax(
    compose: Compose, flagging_route: Route, pacs: Pacs, samples: Path
) -> None:
    lossy = replace(flagging_route.appearance, jpeg_quality=90)

    with compose(route=replace(flagging_route, appearance=lossy)) as house:
        send([samples / "dx_mass.dcm"], house.peer)
        house.settle()
        sent = delivered(house)

    (capture,) = pacs.objects
    assert sent == [(capture.SOPInstanceUID, "SENT_UNPROVEN")]
    assert capture.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    assert capture.LossyImageCompression == "01"


def _as_file(dataset: Dataset, path: Path) -> None:
    dataset.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=False)


@pytest.mark.parametrize("name", ["cr_mass_chinese_name.dcm", "dx_normal_japanese_name.dcm"])
def test_names_survive_byte_exact(house: House, pacs: Pacs, samples: Path, name: str) -> None:
    source = dcmread(samples / name)

    send([samples / name], house.peer)
    house.settle()

    (capture,) = pacs.objects
    assert capture.SpecificCharacterSet == source.SpecificCharacterSet
    assert capture.PatientName.original_string == source.PatientName.original_string


RAW_NAMES = {
    "GB18030": "Wang^XiaoDong=王^小东".encode("gb18030"),
    "\\ISO 2022 IR 87": b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
    "\\ISO 2022 IR 149": b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7",
    "ISO_IR 192": "Buc^Jérôme=王".encode(),
}


@pytest.mark.parametrize("character_set", RAW_NAMES)
def test_a_name_reaches_the_pacs_in_the_bytes_it_came_in(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path, character_set: str
) -> None:
    raw, named = RAW_NAMES[character_set], tmp_path / "named.dcm"
    mark = "@" * len(raw)
    changed(samples / "dx_mass.dcm", named, SpecificCharacterSet="ISO_IR 6", PatientName=mark)
    film = dcmread(named)
    film.SpecificCharacterSet = character_set.split("\\")
    film.save_as(named)
    named.write_bytes(named.read_bytes().replace(mark.encode(), raw))

    send([named], house.peer)
    house.settle()

    (capture,) = pacs.objects
    assert capture.PatientName.original_string.rstrip(b" ") == raw
    assert capture.SpecificCharacterSet == film.SpecificCharacterSet
