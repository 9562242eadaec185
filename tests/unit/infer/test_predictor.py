from pathlib import Path

import numpy as np
import pytest

from tests.unit.infer.bundles import head, label, saved
from tests.unit.infer.films import film
from triage.domain.assessment import Placement, RefusalCode, Tier
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.infer.bundle import load_bundle
from triage.infer.card import Label, Line, Urgent
from triage.infer.predictor import Predictor


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    return Predictor(load_bundle(saved(tmp_path)), device="cpu")


def films(count: int) -> list[Film]:
    noise = np.random.default_rng(4)
    return [film(noise.random((48, 40), dtype=np.float32)) for _ in range(count)]


def test_each_label_has_a_finding_and_a_map_in_the_bundles_order(predictor: Predictor) -> None:
    (assessment,) = predictor.assess(films(1))

    assert [finding.label for finding in assessment.findings] == ["tumour", "inflammation"]
    assert [heat.label for heat in assessment.heat_maps] == ["tumour", "inflammation"]


def test_maps_are_strengths_over_the_whole_input(predictor: Predictor) -> None:
    (assessment,) = predictor.assess(films(1))

    heat = assessment.heat_maps[0]
    assert heat.weights.shape == (4, 4)
    assert heat.weights.dtype == np.float32
    assert 0 <= float(heat.weights.min()) <= float(heat.weights.max()) <= 1
    assert heat.placement == Placement(top=0.0, left=2 / 32, height=1.0, width=27 / 32)


def test_the_assessment_names_the_bundle(tmp_path: Path) -> None:
    bundle = load_bundle(saved(tmp_path))

    (assessment,) = Predictor(bundle, device="cpu").assess(films(1))

    assert assessment.model == bundle.model


def test_a_film_is_assessed_alike_alone_and_in_company(predictor: Predictor) -> None:
    several = films(5)

    together = predictor.assess(several)

    alone = [predictor.assess([each])[0] for each in several]
    for one, other in zip(together, alone, strict=True):
        for finding, same in zip(one.findings, other.findings, strict=True):
            assert finding.probability == pytest.approx(same.probability, abs=1e-6)
        for heat, like in zip(one.heat_maps, other.heat_maps, strict=True):
            np.testing.assert_allclose(heat.weights, like.weights, atol=1e-5)


def test_the_same_film_gives_the_same_numbers_again(predictor: Predictor) -> None:
    first, again = predictor.assess(films(1)), predictor.assess(films(1))

    assert first[0].findings == again[0].findings


@pytest.mark.parametrize(
    ("described", "tier"),
    [
        (label("tumour", threshold=0.0, flags=True), Tier.FLAGGED),
        (label("tumour", threshold=0.0, flags=False), Tier.ABOVE),
        (label("tumour", threshold=1.0, flags=True), Tier.BELOW),
    ],
)
def test_the_tier_follows_threshold_and_flag(tmp_path: Path, described: Label, tier: Tier) -> None:
    folder = saved(tmp_path, described)

    (assessment,) = Predictor(load_bundle(folder), device="cpu").assess(films(1))

    assert assessment.findings[0].tier is tier


@pytest.mark.parametrize(
    ("urgent", "tier"), [(0.001, Tier.URGENT), (1.0, Tier.FLAGGED)], ids=["reached", "not reached"]
)
def test_a_second_threshold_makes_a_flagged_finding_urgent(
    tmp_path: Path, urgent: float, tier: Tier
) -> None:
    described = label("tumour", threshold=0.0).model_copy(
        update={"urgent": Urgent(threshold=urgent)}
    )
    folder = saved(tmp_path, described)

    (assessment,) = Predictor(load_bundle(folder), device="cpu").assess(films(1))

    assert assessment.findings[0].tier is tier


def test_a_labels_scaling_is_applied_to_its_probability_and_not_to_its_map(tmp_path: Path) -> None:
    line = Line(method="platt", slope=0.5, intercept=-1.0)
    scaled = label("tumour").model_copy(update={"scaling": line})
    folders = saved(tmp_path / "plain", label("tumour")), saved(tmp_path / "scaled", scaled)

    before, after = (Predictor(load_bundle(f), device="cpu").assess(films(1))[0] for f in folders)

    plain = np.array(before.findings[0].probability)
    assert after.findings[0].probability == float(line.scaling.of(plain))
    np.testing.assert_array_equal(after.heat_maps[0].weights, before.heat_maps[0].weights)


def test_a_head_is_made_of_its_outputs_before_they_are_scaled(tmp_path: Path) -> None:
    made, line = head("tumour", "Mass", "Nodule"), Line(method="temperature", slope=0.3)
    mass, nodule = label("Mass"), label("Nodule")
    plain = saved(tmp_path / "plain", made, mass, nodule)
    scaled = saved(tmp_path / "scaled", made, mass.model_copy(update={"scaling": line}), nodule)

    before, after = (
        Predictor(load_bundle(f), device="cpu").assess(films(1))[0] for f in (plain, scaled)
    )

    assert after.findings[0] == before.findings[0]
    assert after.findings[1] != before.findings[1]


def test_a_head_says_that_one_of_its_outputs_is_present(tmp_path: Path) -> None:
    made = head("tumour", "Mass", "Nodule")
    folder = saved(tmp_path, made, label("Mass"), label("Nodule"))

    (assessment,) = Predictor(load_bundle(folder), device="cpu").assess(films(1))

    whole, mass, nodule = (finding.probability for finding in assessment.findings)
    assert whole == pytest.approx(1 - (1 - mass) * (1 - nodule), abs=1e-12)
    assert [heat.label for heat in assessment.heat_maps] == ["tumour", "Mass", "Nodule"]


def test_a_probability_is_stretched_around_its_operating_point(tmp_path: Path) -> None:
    plain = saved(tmp_path / "plain", label("tumour"))
    (before,) = Predictor(load_bundle(plain), device="cpu").assess(films(1))
    point = before.findings[0].probability
    moved = label("tumour").model_copy(update={"operating_point": point})

    folder = saved(tmp_path / "moved", moved)
    (after,) = Predictor(load_bundle(folder), device="cpu").assess(films(1))

    assert after.findings[0].probability == pytest.approx(0.5, abs=1e-9)


def test_a_film_without_a_finite_number_is_refused(predictor: Predictor) -> None:
    hollow = film(np.full((40, 40), np.nan, np.float32))

    with pytest.raises(UnassessableFilm) as refused:
        predictor.assess([hollow])

    assert refused.value.refusal.code is RefusalCode.NO_RESULT
