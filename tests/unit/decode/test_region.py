import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.unit.decode.headers import header
from triage.decode.region import body_part_elsewhere, described_elsewhere


@pytest.mark.parametrize(
    "part",
    ["CHEST", "THORAX", "RIBCAGE", "LUNG", "HEART", "CHEST PA", "chest", "TORAX", "", "UNKNOWN"],
)
def test_the_chest_has_many_names_and_silence_is_allowed(part: str) -> None:
    assert not body_part_elsewhere(header(BodyPartExamined=part))


@pytest.mark.parametrize(
    "part", ["HAND", "HIP", "EXTREMITY", "ABDOMEN", "CHEST ABDOMEN", "TSPINE", "XYZ"]
)
def test_every_other_name_is_another_region(part: str) -> None:
    assert body_part_elsewhere(header(BodyPartExamined=part))


@pytest.mark.parametrize("description", ["LUT - TEETH", "right knee"])
def test_descriptions_decide_only_without_a_body_part(description: str) -> None:
    silent = header(BodyPartExamined=None, StudyDescription=description)
    named = header(BodyPartExamined="CHEST", StudyDescription=description)

    assert described_elsewhere(silent)
    assert not described_elsewhere(named)


@pytest.mark.parametrize("description", ["No Finding", "chest, follow-up of hip surgery", ""])
def test_a_description_that_names_the_chest_or_nothing_is_no_reason(description: str) -> None:
    assert not described_elsewhere(header(BodyPartExamined=None, StudyDescription=description))


def test_a_coded_region_counts_without_a_body_part() -> None:
    region = Dataset()
    region.CodeMeaning = "Hand"
    film = header(BodyPartExamined="", AnatomicRegionSequence=Sequence([region]))

    assert described_elsewhere(film)
