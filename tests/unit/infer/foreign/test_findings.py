import pytest

from triage.infer.foreign.findings import absent_heads, labels_of, map_scale
from triage.infer.foreign.formats import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_no_imported_label_flags_or_claims_a_measure(name: str) -> None:
    labels = labels_of(FORMATS[name])

    assert not any(label.flags for label in labels)
    assert {label.auroc for label in labels} == {None}


def test_the_heads_come_first_and_are_made_of_their_findings() -> None:
    tumour, inflammation, *outputs = labels_of(FORMATS["zoogzog"])

    assert (tumour.name, tumour.any_of) == ("tumour", ("Mass", "Nodule"))
    assert inflammation.any_of == ("Consolidation", "Infiltration", "Pneumonia")
    assert [label.name for label in outputs] == list(FORMATS["zoogzog"].outputs)


def test_a_head_whose_findings_are_not_all_there_is_absent() -> None:
    chexpert = FORMATS["torchxrayvision-chex"]

    assert absent_heads(chexpert) == {
        "tumour": ("Mass", "Nodule"),
        "inflammation": ("Infiltration",),
    }
    assert not any(label.any_of for label in labels_of(chexpert))


def test_findings_beyond_the_14_are_kept() -> None:
    names = [label.name for label in labels_of(FORMATS["torchxrayvision-all"])]

    assert names[-4:] == ["Lung_Lesion", "Fracture", "Lung_Opacity", "Enlarged_Cardiomediastinum"]


def test_an_output_keeps_its_published_operating_point() -> None:
    labels = {label.name: label for label in labels_of(FORMATS["torchxrayvision-all"])}

    assert labels["Mass"].operating_point == 0.01939503
    assert labels["Mass"].threshold == 0.5


def test_the_operating_point_of_a_head_is_where_all_its_findings_stand_at_theirs() -> None:
    labels = {label.name: label for label in labels_of(FORMATS["torchxrayvision-all"])}

    expected = 1 - (1 - 0.01939503) * (1 - 0.023985857)
    assert labels["tumour"].operating_point == pytest.approx(expected)


def test_without_published_operating_points_there_is_none() -> None:
    assert {label.operating_point for label in labels_of(FORMATS["jrzech"])} == {None}


def test_a_larger_input_has_more_places_that_share_the_logit() -> None:
    assert map_scale(448) == pytest.approx(map_scale(224) / 4)
