import numpy as np
import pytest

from triage.domain.assessment import Assessment, Finding, HeatMap, Model, Placement, Tier

WHOLE = Placement(0.0, 0.0, 1.0, 1.0)


def finding(label: str, probability: float, tier: Tier = Tier.FLAGGED) -> Finding:
    return Finding(label, probability, 0.5, tier)


def assessment(*findings: Finding) -> Assessment:
    maps = tuple(HeatMap(f.label, np.zeros((7, 7), np.float32), WHOLE) for f in findings)
    return Assessment(Model("small", "1.0", "0" * 64), findings, maps)


@pytest.mark.parametrize("probability", [-0.001, 1.001, float("nan"), float("inf")])
def test_a_probability_is_a_number_within_zero_and_one(probability: float) -> None:
    with pytest.raises(ValueError, match="probability of tumour"):
        finding("tumour", probability)


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_certainty_is_a_probability(probability: float) -> None:
    assert finding("tumour", probability).probability == probability


@pytest.mark.parametrize(
    ("tier", "flagged"),
    [(Tier.URGENT, True), (Tier.FLAGGED, True), (Tier.ABOVE, False), (Tier.BELOW, False)],
)
def test_only_the_two_highest_tiers_flag_a_film(tier: Tier, flagged: bool) -> None:
    assert finding("tumour", 0.9, tier).flagged is flagged


def test_the_finding_that_exceeds_its_threshold_most_comes_first() -> None:
    findings = finding("a", 0.6), finding("b", 0.9), finding("c", 0.7, Tier.ABOVE)

    flagged = assessment(*findings).flagged

    assert [each.label for each in flagged] == ["b", "a"]


def test_an_urgent_finding_comes_before_one_that_exceeds_its_threshold_more() -> None:
    findings = finding("a", 0.9), finding("b", 0.6, Tier.URGENT)

    flagged = assessment(*findings).flagged

    assert [each.label for each in flagged] == ["b", "a"]


def test_a_heat_map_is_found_by_its_label() -> None:
    found = assessment(finding("a", 0.6), finding("b", 0.9)).heat_map("b")

    assert found is not None
    assert found.label == "b"


def test_a_label_without_a_heat_map_has_none() -> None:
    assert assessment(finding("a", 0.6)).heat_map("b") is None


def test_a_map_of_zeros_localises_nothing() -> None:
    zeros, spot = np.zeros((7, 7), np.float32), np.eye(7, dtype=np.float32)

    assert not HeatMap("a", zeros, WHOLE).localises
    assert HeatMap("a", spot, WHOLE).localises


def test_no_tier_says_that_a_film_is_normal() -> None:
    assert not [tier for tier in Tier if "normal" in tier or "negative" in tier]


def test_a_placement_without_extent_is_refused() -> None:
    with pytest.raises(ValueError, match=r"placement of 0 x 1: above 0"):
        Placement(0, 0, 0, 1)
