"""A PACS that routes our own result back to us: it is known for what it is, and goes nowhere."""

from pathlib import Path

from tests.builders.house import House
from tests.builders.pacs import Pacs
from tests.builders.sender import send


def came_back(house: House, pacs: Pacs, film: Path, folder: Path, **changed: str) -> list[str]:
    """Return a film's capture to the house; tell of the codes of all that was not assessed."""
    send([film], house.peer)
    house.settle()
    (capture,) = pacs.objects
    for keyword, value in changed.items():
        setattr(capture, keyword, value)
    capture.file_meta.MediaStorageSOPInstanceUID = capture.SOPInstanceUID
    file = folder / "capture.dcm"
    capture.save_as(file, enforce_file_format=True)
    send([file], house.peer)
    house.settle()
    return [str(row.code) for row in house.rows("instance") if row.code is not None]


def test_a_result_that_comes_back_is_stored_and_never_assessed(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    codes = came_back(house, pacs, samples / "dx_mass.dcm", tmp_path)

    assert codes == ["own_result"]
    assert len(house.rows("delivery")) == len(pacs.received) == 1


def test_a_result_that_comes_back_under_another_uid_is_known_by_its_maker(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    codes = came_back(house, pacs, samples / "dx_mass.dcm", tmp_path, SOPInstanceUID="2.25.9")

    assert codes == ["own_result"]
    assert len(house.rows("delivery")) == 1


def test_a_result_that_is_known_by_neither_would_be_noticed(
    house: House, pacs: Pacs, samples: Path, tmp_path: Path
) -> None:
    stranger = {"SOPInstanceUID": "2.25.9", "Manufacturer": "somebody"}

    codes = came_back(house, pacs, samples / "dx_mass.dcm", tmp_path, **stranger)

    assert codes != ["own_result"]
