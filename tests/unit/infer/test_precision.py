import math
from pathlib import Path

import pytest
import torch

from tests.benchmarks.precision import cuts, judged
from tests.unit.infer.bundles import label, network
from triage.infer.card import Line, Urgent
from triage.infer.precision import Change, Precision, activations, change, exactly, has

CPU = torch.device("cpu")
THRESHOLDS = torch.tensor([0.5, 0.5])


@torch.inference_mode()
def test_float32_gives_what_the_network_gives() -> None:
    batch = torch.rand(2, 3, 32, 32)

    found = activations(network(), batch, Precision.FLOAT32)

    torch.testing.assert_close(found.logits, network()(batch).logits, rtol=0, atol=1e-6)


@torch.inference_mode()
@pytest.mark.parametrize("precision", [Precision.BFLOAT16, Precision.FLOAT16])
def test_a_shorter_precision_is_near_and_leaves_as_float32(precision: Precision) -> None:
    batch = torch.rand(2, 3, 32, 32)

    found = activations(network(), batch, precision)

    reference = network()(batch)
    assert found.logits.dtype is found.features.dtype is torch.float32
    assert 0 < float((found.features - reference.features).abs().max()) < 0.1


def test_a_gpu_is_asked_for_all_bits_of_float32_and_then_left_as_it_was() -> None:
    cudnn = torch.backends.cudnn
    before = cudnn.allow_tf32, cudnn.fp32_precision

    with exactly():
        within = cudnn.allow_tf32, cudnn.fp32_precision

    assert within == (False, "ieee")
    assert before == (cudnn.allow_tf32, cudnn.fp32_precision) == (True, "none")


def test_no_change_is_tolerable() -> None:
    scores = torch.rand(4, 2, dtype=torch.float64)

    assert change(scores, scores, THRESHOLDS) == Change(0.0, 0)
    assert change(scores, scores, THRESHOLDS).tolerable


def test_a_small_change_that_moves_a_decision_is_not_tolerable() -> None:
    reference, found = torch.tensor([[0.499, 0.2]]), torch.tensor([[0.501, 0.2]])

    moved = change(reference, found, THRESHOLDS)

    assert moved.decisions == 1
    assert not moved.tolerable


def test_a_large_change_that_moves_no_decision_is_not_tolerable() -> None:
    moved = change(torch.tensor([[0.9, 0.2]]), torch.tensor([[0.89, 0.2]]), THRESHOLDS)

    assert moved.decisions == 0
    assert not moved.tolerable


def test_what_is_no_number_is_not_tolerable() -> None:
    moved = change(torch.tensor([[0.9, 0.2]]), torch.tensor([[math.nan, 0.2]]), THRESHOLDS)

    assert not moved.tolerable


def test_every_device_has_float32() -> None:
    assert has(CPU, Precision.FLOAT32)


@pytest.mark.parametrize(
    ("flags", "gains"), [("avx512_bf16 amx_bf16 amx_tile", True), ("avx512_bf16", False)]
)
def test_a_processor_gains_by_bfloat16_where_its_flags_say_so(
    tmp_path: Path, flags: str, gains: bool
) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"processor : 0\nflags : fpu {flags}\n", encoding="utf-8")

    assert has(CPU, Precision.BFLOAT16, processor=processor) is gains


def test_a_system_that_says_nothing_of_its_processor_gains_nothing(tmp_path: Path) -> None:
    assert not has(CPU, Precision.BFLOAT16, processor=tmp_path / "cpuinfo")


def test_a_processor_is_not_asked_for_float16() -> None:
    assert not has(CPU, Precision.FLOAT16)


def test_the_measurement_decides_on_the_scale_that_thresholds_stand_on() -> None:
    line = Line(method="platt", slope=1.0, intercept=-2.0)
    urgent = Urgent(threshold=0.5)
    scaled = label("tumour", threshold=0.3).model_copy(update={"scaling": line, "urgent": urgent})
    shown, moved = torch.tensor([[0.78]]), torch.tensor([[0.74]])  # 0.324 and 0.278

    before, after = (judged(scores, [scaled]) for scores in (shown, moved))

    thresholds = torch.tensor(cuts(scaled), dtype=torch.float64)
    assert thresholds.tolist() == [0.3, 0.5]
    assert change(before, after, thresholds).decisions == 1
    assert change(shown, moved, torch.tensor([0.3])).decisions == 0
