import pytest

from tests.unit.evaluate.marked import box
from triage.domain.labels import CHESTXRAY14, answering
from triage.evaluate.targets import Target, targets

HEADS = ["tumour", "inflammation"]


def test_each_map_that_answers_a_box_is_a_target() -> None:
    found = targets([box("top left", label="Mass")] * 2, [*HEADS, "Mass", "Edema"])

    assert found == (
        Target("NIH", "Mass", "tumour", "inflammation"),
        Target("NIH", "Mass", "Mass", "Edema"),
    )
    assert [target.name for target in found] == ["NIH Mass, by tumour", "NIH Mass"]


def test_an_opacity_is_answered_by_inflammation() -> None:
    opacity = box("top left", label="Lung Opacity", source="RSNA")

    assert targets([opacity], HEADS) == (Target("RSNA", "Lung Opacity", "inflammation", "tumour"),)


def test_a_box_without_a_map_is_no_target() -> None:
    assert targets([box("top left", label="Cardiomegaly")], HEADS) == ()


@pytest.mark.parametrize("shown", [*HEADS, *CHESTXRAY14])
def test_the_wrong_class_shares_no_finding(shown: str) -> None:
    maps = [*HEADS, *CHESTXRAY14]

    (target,) = (t for t in targets([box("top left", label=shown)], maps) if t.shown == shown)

    assert not set(answering(target.wrong, maps)) & set(answering(shown, maps))


def test_a_single_map_has_no_wrong_class() -> None:
    assert targets([box("top left")], ["tumour"])[0].wrong == ""
