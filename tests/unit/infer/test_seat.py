from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.unit.infer.bundles import SPEC, saved
from tests.unit.infer.failing import Failing, Greedy
from triage.infer.bundle import Bundle, load_bundle
from triage.infer.precision import Precision
from triage.infer.seat import CPU, Seat


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return load_bundle(saved(tmp_path))


@torch.inference_mode()
def test_contributions_sum_to_the_logit_but_for_the_bias(bundle: Bundle) -> None:
    logits, places = Seat.of(bundle, CPU, Precision.FLOAT32).compute(torch.rand(3, 32, 32), SPEC)

    whole = places.sum(dim=(2, 3)) + bundle.network.classifier.bias
    torch.testing.assert_close(whole.float(), logits, rtol=0, atol=1e-5)


def test_a_shorter_precision_reproduces_its_golden_probabilities(bundle: Bundle) -> None:
    assert Seat.of(bundle, CPU, Precision.BFLOAT16).reproduces(bundle)


@pytest.mark.parametrize("off", [0.1, float("nan")])
def test_other_golden_probabilities_are_noticed(bundle: Bundle, off: float) -> None:
    other = replace(bundle, golden={**bundle.golden, "logits": bundle.golden["logits"] + off})

    assert not Seat.of(bundle, CPU, Precision.BFLOAT16).reproduces(other)


def test_a_seat_on_the_cpu_shares_the_weights(bundle: Bundle) -> None:
    seat = Seat.of(bundle, CPU, Precision.FLOAT32)

    assert seat.network.classifier.weight.data_ptr() == bundle.network.classifier.weight.data_ptr()


def test_a_seat_alone_does_not_survive_a_batch_that_is_too_large(bundle: Bundle) -> None:
    bundle.network.features = Greedy(bundle.network.features, 3)

    with pytest.raises(torch.OutOfMemoryError):
        Seat.of(bundle, CPU, Precision.FLOAT32).compute(torch.rand(4, 32, 32), SPEC)


def test_a_seat_alone_does_not_survive_a_lost_device(bundle: Bundle) -> None:
    bundle.network.features = Failing(bundle.network.features, 1)

    with pytest.raises(torch.AcceleratorError):
        Seat.of(bundle, CPU, Precision.FLOAT32).compute(torch.rand(1, 32, 32), SPEC)


@torch.inference_mode()
def test_a_seat_alone_lets_pass_what_is_no_number(bundle: Bundle) -> None:
    squares = torch.full((1, 32, 32), torch.nan)

    logits, _ = Seat.of(bundle, CPU, Precision.FLOAT32).compute(squares, SPEC)

    assert logits.isnan().all()
