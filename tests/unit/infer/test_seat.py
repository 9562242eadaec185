import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.builders.openvino import needs_openvino
from tests.unit.infer.bundles import SPEC, saved
from tests.unit.infer.failing import Failing, Greedy
from tests.unit.infer.films import film
from triage.domain.assessment import RefusalCode
from triage.infer.bundle import Bundle, load_bundle, shipped_bundle
from triage.infer.densenet import Activations
from triage.infer.precision import Precision
from triage.infer.predictor import Predictor
from triage.infer.seat import Engine, Place, Seat


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return load_bundle(saved(tmp_path))


@torch.inference_mode()
def test_contributions_sum_to_the_logit_but_for_the_bias(bundle: Bundle) -> None:
    logits, places = Seat.of(bundle, Place()).compute(torch.rand(3, 32, 32), SPEC)

    whole = places.sum(dim=(2, 3)) + bundle.network.classifier.bias
    torch.testing.assert_close(whole.float(), logits, rtol=0, atol=1e-5)


def test_a_shorter_precision_reproduces_its_golden_probabilities(bundle: Bundle) -> None:
    assert Seat.of(bundle, Place(precision=Precision.BFLOAT16)).reproduces(bundle)


@pytest.mark.parametrize("off", [0.1, float("nan")])
def test_other_golden_probabilities_are_noticed(bundle: Bundle, off: float) -> None:
    other = replace(bundle, golden={**bundle.golden, "logits": bundle.golden["logits"] + off})

    assert not Seat.of(bundle, Place(precision=Precision.BFLOAT16)).reproduces(other)


def test_a_seat_on_the_cpu_shares_the_weights(bundle: Bundle) -> None:
    seat = Seat.of(bundle, Place())

    assert seat.network.classifier.weight.data_ptr() == bundle.network.classifier.weight.data_ptr()


def test_a_seat_alone_does_not_survive_a_batch_that_is_too_large(bundle: Bundle) -> None:
    bundle.network.classifier = Greedy(bundle.network.classifier, 3)

    with pytest.raises(torch.OutOfMemoryError):
        Seat.of(bundle, Place()).compute(torch.rand(4, 32, 32), SPEC)


def test_a_seat_alone_does_not_survive_a_lost_device(bundle: Bundle) -> None:
    bundle.network.classifier = Failing(bundle.network.classifier, 1)

    with pytest.raises(torch.AcceleratorError):
        Seat.of(bundle, Place()).compute(torch.rand(1, 32, 32), SPEC)


@torch.inference_mode()
def test_a_seat_alone_lets_pass_what_is_no_number(bundle: Bundle) -> None:
    squares = torch.full((1, 32, 32), torch.nan)

    logits, _ = Seat.of(bundle, Place()).compute(squares, SPEC)

    assert logits.isnan().all()


@torch.inference_mode()
def test_the_reserve_is_folded_where_the_golden_output_comes_out(bundle: Bundle) -> None:
    squares = torch.rand(2, 32, 32)

    found, places = Seat.reserve(bundle).compute(squares, SPEC)

    plain, same = Seat.of(bundle, Place()).compute(squares, SPEC)
    torch.testing.assert_close(found, plain, rtol=0, atol=1e-5)
    torch.testing.assert_close(places, same, rtol=0, atol=1e-6)
    assert not torch.equal(places, same)


@torch.inference_mode()
@pytest.mark.parametrize("off", [0.01, float("nan")])
@pytest.mark.parametrize("name", ["logits", "maps"])
def test_the_reserve_is_the_network_itself_where_it_does_not(
    bundle: Bundle, name: str, off: float
) -> None:
    other = replace(bundle, golden={**bundle.golden, name: bundle.golden[name] + off})
    squares = torch.rand(2, 32, 32)

    _, places = Seat.reserve(other).compute(squares, SPEC)

    assert torch.equal(places, Seat.of(bundle, Place()).compute(squares, SPEC)[1])


def dark(batch: Tensor) -> Tensor:
    """Find the pictures of a normalised batch that are mostly black."""
    return (batch < 0).flatten(1).float().mean(dim=1) > 0.6


def off_by(seat: Seat, difference: float) -> Seat:
    """Make a place that computes dark films in another way."""

    def ask(batch: Tensor) -> Activations:
        logits, features = seat.ask(batch)
        return Activations(logits.where(~dark(batch)[:, None], logits + difference), features)

    return replace(seat, ask=ask)


def test_a_place_that_differs_by_roundings_is_used(bundle: Bundle) -> None:
    plain, reserve = Seat.of(bundle, Place()), Seat.reserve(bundle)

    assert plain.objection(reserve, bundle) is None
    assert off_by(plain, 1e-5).objection(reserve, bundle) is None


@pytest.mark.parametrize("difference", [0.001, float("nan")])
def test_a_place_that_is_right_about_the_golden_input_alone_is_not_used(
    bundle: Bundle, difference: float
) -> None:
    reserve = Seat.reserve(bundle)
    wrong = off_by(Seat.of(bundle, Place()), difference)

    assert wrong.reproduces(bundle), "its golden output alone tells nothing"
    assert wrong.objection(reserve, bundle) == "other answers than cpu float32"


def test_other_maps_are_noticed_too(bundle: Bundle) -> None:
    reserve = Seat.reserve(bundle)

    def ask(batch: Tensor) -> Activations:
        logits, features = reserve.ask(batch)
        return Activations(logits, features * (1 + 10 * dark(batch)[:, None, None, None]))

    assert replace(reserve, ask=ask).objection(reserve, bundle) == "other answers than cpu float32"


def test_torch_computes_unless_another_engine_is_asked_for(tmp_path: Path) -> None:
    assert Predictor(load_bundle(saved(tmp_path)), device="cpu").way == "cpu float32"


@needs_openvino
def test_openvino_gives_torchs_probabilities_and_maps() -> None:
    bundle = load_bundle(shipped_bundle())
    size = bundle.card.input.size
    squares = torch.rand(3, size, size, generator=torch.Generator().manual_seed(2))
    predictor = Predictor(bundle, engine=Engine.OPENVINO)

    scores, maps = predictor.scored(squares)

    wanted, drawn = Predictor(bundle, device="cpu").scored(squares)
    assert predictor.way == "openvino float32"
    torch.testing.assert_close(scores, wanted, rtol=0, atol=1e-5)
    torch.testing.assert_close(maps, drawn, rtol=0, atol=1e-4)


@needs_openvino
def test_openvino_gives_no_result_for_a_film_without_a_finite_number(tmp_path: Path) -> None:
    hollow = film(np.full((40, 40), np.nan, np.float32))

    answers = Predictor(load_bundle(saved(tmp_path)), engine=Engine.OPENVINO).assess_each([hollow])

    assert [getattr(answer, "code", None) for answer in answers] == [RefusalCode.NO_RESULT]


@needs_openvino
@pytest.mark.parametrize("name", ["logits", "maps"])
def test_openvino_without_the_golden_output_is_given_up(tmp_path: Path, name: str) -> None:
    bundle, told = load_bundle(saved(tmp_path)), list[str]()
    off = {**bundle.golden, name: bundle.golden[name] + 0.01}

    other = replace(bundle, golden=off)
    predictor = Predictor(other, engine=Engine.OPENVINO, tell=told.append)

    assert predictor.way == "cpu float32"
    assert told == ["degraded: openvino float32 given up, now cpu float32: other golden output"]
    assert predictor.scored(torch.rand(2, 32, 32))[0].isfinite().all()


WITHOUT_OPENVINO = """
import sys
from pathlib import Path
from tests.unit.infer.bundles import saved
from triage.daemon.omission import Omission
from triage.infer.bundle import load_bundle
from triage.infer.predictor import Predictor
from triage.infer.seat import Engine

sys.meta_path.insert(0, Omission(["openvino"]))
bundle = load_bundle(saved(Path(sys.argv[1])))
predictor = Predictor(bundle, engine=Engine.OPENVINO, tell=print)
print(predictor.way)
"""


def test_where_openvino_is_absent_one_line_says_so_and_torch_computes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_OPENVINO, str(tmp_path)]

    said = subprocess.check_output(command, cwd=Path(__file__).parents[3], text=True)

    reason = "openvino is left out of this process; the extra openvino installs it"
    assert said.splitlines() == [
        f"degraded: openvino float32 given up, now cpu float32: {reason}",
        "cpu float32",
    ]
