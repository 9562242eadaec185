import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.infer.bundles import description, head, label, network, saved
from tests.unit.infer.failing import Failing, Greedy, of_a_cpu, of_a_gpu
from tests.unit.infer.films import film
from triage.domain.assessment import Assessment, Placement, RefusalCode, Tier
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.infer.bundle import Bundle, load_bundle, save_bundle
from triage.infer.card import Label, Line, Proof, Urgent
from triage.infer.precision import Precision
from triage.infer.predictor import CPU_WITHOUT_MEMORY, ONE_GRAY, Predictor, keep_quiet


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


@pytest.mark.parametrize(("scale", "localises"), [(None, False), (0.01, True)])
def test_a_label_whose_scale_of_maps_is_unknown_has_no_localisation(
    tmp_path: Path, scale: float | None, localises: bool
) -> None:
    described = label("tumour").model_copy(update={"map_scale": scale})

    (assessment,) = Predictor(load_bundle(saved(tmp_path, described)), "cpu").assess(films(1))

    assert assessment.heat_maps[0].localises is localises


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


def test_swapping_two_outputs_swaps_their_maps_and_probabilities(tmp_path: Path) -> None:
    bundle = load_bundle(saved(tmp_path))
    before = Predictor(bundle, device="cpu").assess(films(3))
    classifier = bundle.network.classifier
    classifier.weight.copy_(classifier.weight.flip(0))
    classifier.bias.copy_(classifier.bias.flip(0))

    after = Predictor(bundle, device="cpu").assess(films(3))

    for one, other in zip(before, after, strict=True):
        maps = [[heat.weights for heat in each.heat_maps] for each in (one, other)]
        scores = [[finding.probability for finding in each.findings] for each in (one, other)]
        np.testing.assert_allclose(maps[0], maps[1][::-1], atol=1e-5)
        assert scores[0] == pytest.approx(scores[1][::-1], abs=1e-6)
        assert not np.allclose(maps[0][0], maps[0][1], atol=1e-3)


def test_a_film_without_a_finite_number_is_refused(predictor: Predictor) -> None:
    hollow = film(np.full((40, 40), np.nan, np.float32))

    with pytest.raises(UnassessableFilm) as refused:
        predictor.assess([hollow])

    assert refused.value.refusal.code is RefusalCode.NO_RESULT


def greedy(
    folder: Path,
    most: int,
    *,
    error: Callable[[], Exception] = of_a_gpu,
    tell: Callable[[str], None] = keep_quiet,
) -> Predictor:
    """Make a predictor that then has memory for so many films."""
    bundle = load_bundle(saved(folder))
    predictor = Predictor(bundle, device="cpu", tell=tell)
    bundle.network.classifier = Greedy(bundle.network.classifier, most, error)
    return predictor


def failing(folder: Path, times: int, *, tell: Callable[[str], None] = keep_quiet) -> Predictor:
    """Make a predictor whose device then fails so often."""
    bundle = load_bundle(saved(folder))
    predictor = Predictor(bundle, device="cpu", tell=tell)
    bundle.network.classifier = Failing(bundle.network.classifier, times)
    return predictor


@pytest.mark.parametrize("error", [of_a_gpu, of_a_cpu, MemoryError])
def test_without_memory_batches_are_halved_and_answers_stay(
    tmp_path: Path, error: Callable[[], Exception]
) -> None:
    several = films(11)
    plain = Predictor(load_bundle(saved(tmp_path / "plain")), device="cpu")

    found = greedy(tmp_path / "greedy", 3, error=error).assess(several)

    assert len(found) == 11
    for one, other in zip(found, plain.assess(several), strict=True):
        for finding, same in zip(one.findings, other.findings, strict=True):
            assert finding.probability == pytest.approx(same.probability, abs=1e-6)


def test_what_happens_to_the_device_is_told(tmp_path: Path) -> None:
    told: list[str] = []

    greedy(tmp_path / "a", 3, tell=told.append).assess(films(8))
    failing(tmp_path / "b", 1, tell=told.append).assess(films(1))

    assert told == [
        "out of memory with 8 films: 4 at a time from now on",
        "out of memory with 4 films: 2 at a time from now on",
        "degraded: cpu float32 given up, now cpu float32: AcceleratorError",
    ]


def test_a_batch_that_was_too_large_is_not_tried_again(tmp_path: Path) -> None:
    bundle = load_bundle(saved(tmp_path))
    predictor = Predictor(bundle, device="cpu")
    head = bundle.network.classifier = Greedy(bundle.network.classifier, 2)
    predictor.assess(films(8))
    refused = head.refused

    predictor.assess(films(8))

    assert head.refused == refused == 2


@pytest.mark.parametrize("error", [of_a_gpu, of_a_cpu, MemoryError])
def test_a_machine_without_memory_for_one_film_says_so(
    tmp_path: Path, error: Callable[[], Exception]
) -> None:
    with pytest.raises(type(error())):
        greedy(tmp_path, 0, error=error).assess(films(2))


def test_a_failure_of_another_kind_halves_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    wrong = RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        greedy(tmp_path, 3, error=lambda: wrong, tell=told.append).assess(films(8))

    assert told == []


WITH_LITTLE_MEMORY = """
import resource
import sys
import torch
from pathlib import Path
from triage.infer.bundle import load_bundle, shipped_bundle
from triage.infer.predictor import Predictor
from triage.infer.seat import Seat

torch.set_num_threads(1)
bundle = load_bundle(shipped_bundle())
squares = torch.rand(16, 160, 160)
predictor, seat = Predictor(bundle, "cpu", tell=print), Seat.reserve(bundle)
ways = {
    "predictor": predictor.scored,
    "seat": torch.inference_mode()(lambda part: seat.compute(part, bundle.card.input.spec)),
}
ask = ways[sys.argv[1]]
ask(squares[:1])
pages = int(Path("/proc/self/statm").read_text().split()[0])
allowed = pages * resource.getpagesize() + 40 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
print(len(ask(squares)[0]))
"""


def with_little_memory(way: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", WITH_LITTLE_MEMORY, way]
    root = Path(__file__).parents[3]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_a_process_that_gets_no_more_memory_halves_its_batches() -> None:
    *told, answers = with_little_memory("predictor").stdout.splitlines()

    assert told[0] == "out of memory with 16 films: 8 at a time from now on"
    assert answers == "16"


def test_without_halving_it_would_fail() -> None:
    done = with_little_memory("seat")

    assert done.returncode == 1
    assert "RuntimeError" in done.stderr
    assert CPU_WITHOUT_MEMORY in done.stderr


def test_a_lost_device_is_given_up_for_the_cpu_and_named(tmp_path: Path) -> None:
    predictor = failing(tmp_path, 1)

    found = predictor.assess(films(3))

    assert len(found) == 3
    assert predictor.way == "cpu float32"
    assert predictor.degraded == "cpu float32 given up, now cpu float32: AcceleratorError"
    assert predictor.device_lost


def test_who_loses_no_device_is_not_degraded(predictor: Predictor) -> None:
    predictor.assess(films(3))

    assert predictor.degraded is None
    assert not predictor.device_lost


def test_a_device_that_fails_after_it_was_given_up_is_an_error(tmp_path: Path) -> None:
    predictor = failing(tmp_path, 2)

    with pytest.raises(torch.AcceleratorError, match="device is lost"):
        predictor.assess(films(3))


def test_a_film_without_a_finite_number_spoils_no_other(predictor: Predictor) -> None:
    first, last = films(2)
    hollow = film(np.full((40, 40), np.nan, np.float32))

    scores = [
        each.findings[0].probability if isinstance(each, Assessment) else each.code
        for each in predictor.assess_each([first, hollow, last])
    ]

    alone = [each.findings[0].probability for each in predictor.assess([first, last])]
    assert scores == [
        pytest.approx(alone[0], abs=1e-6),
        RefusalCode.NO_RESULT,
        pytest.approx(alone[1], abs=1e-6),
    ]


def test_a_network_of_no_numbers_gives_no_result(tmp_path: Path) -> None:
    bundle = load_bundle(saved(tmp_path))
    bundle.network.classifier.bias.fill_(torch.nan)

    answers = Predictor(bundle, device="cpu").assess_each(films(2))

    assert [getattr(answer, "code", None) for answer in answers] == [RefusalCode.NO_RESULT] * 2


@pytest.mark.parametrize("gray", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(40, 40), (40, 64), (71, 40)])
def test_a_film_of_one_gray_has_no_result_and_spoils_no_other(
    predictor: Predictor, gray: float, shape: tuple[int, int]
) -> None:
    (other,) = films(1)

    blank, kept = predictor.assess_each([film(np.full(shape, gray, np.float32)), other])

    assert blank == ONE_GRAY
    assert isinstance(kept, Assessment)


def test_the_network_alone_answers_for_a_black_film(predictor: Predictor) -> None:
    scores, _ = predictor.scored(torch.zeros(1, 32, 32))

    assert scores.isfinite().all()


def proven(folder: Path, *, change: float) -> Bundle:
    """Load a bundle that claims to have measured bfloat16 on a CPU."""
    proof = Proof(
        device="cpu",
        precision=Precision.BFLOAT16,
        films=9,
        largest_change=change,
        decisions_changed=0,
    )
    described = description().model_copy(update={"proofs": (proof,)})
    save_bundle(folder, network(), description=described)
    return load_bundle(folder)


def everything(_device: torch.device, _precision: Precision) -> bool:
    """Describe a processor that has every precision, as ``has`` describes this one."""
    return True


def nothing_short(_device: torch.device, precision: Precision) -> bool:
    """Describe a processor that has none but ``float32``."""
    return precision is Precision.FLOAT32


def test_a_bundle_that_proves_nothing_runs_float32(tmp_path: Path) -> None:
    bundle = load_bundle(saved(tmp_path))

    assert Predictor(bundle, device="cpu", can=everything).way == "cpu float32"


def test_a_processor_without_the_proven_precision_runs_float32(tmp_path: Path) -> None:
    bundle = proven(tmp_path, change=0.004)

    assert Predictor(bundle, device="cpu", can=nothing_short).way == "cpu float32"


def test_a_bundle_runs_the_precision_that_it_proves(tmp_path: Path) -> None:
    predictor = Predictor(proven(tmp_path, change=0.004), device="cpu", can=everything)

    assert predictor.way == "cpu bfloat16"
    assert predictor.degraded is None


def test_a_proof_that_does_not_hold_is_not_followed(tmp_path: Path) -> None:
    bundle = proven(tmp_path, change=0.006)

    assert Predictor(bundle, device="cpu", can=everything).way == "cpu float32"


def test_a_precision_without_the_golden_probabilities_is_given_up(tmp_path: Path) -> None:
    bundle = proven(tmp_path, change=0.004)
    off = {**bundle.golden, "logits": bundle.golden["logits"] + 0.1}

    predictor = Predictor(replace(bundle, golden=off), device="cpu", can=everything)

    assert predictor.way == "cpu float32"
    assert predictor.degraded == ("cpu bfloat16 given up, now cpu float32: other golden output")
    assert not predictor.device_lost, "it would be the same in every process"
