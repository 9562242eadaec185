from pathlib import Path

import pytest

from tests.unit.infer.bundles import saved
from tests.unit.infer.failing import Failing
from triage.daemon.condition import Condition
from triage.infer.bundle import load_bundle
from triage.infer.predictor import Predictor

SENTENCE = "cuda:0 float32 given up, now cpu float32: AcceleratorError"


@pytest.fixture
def condition(tmp_path: Path) -> Condition:
    return Condition(tmp_path)


def test_a_worker_that_said_nothing_is_well(condition: Condition) -> None:
    assert condition.degraded() is None


def test_another_process_reads_what_was_told(condition: Condition, tmp_path: Path) -> None:
    condition.tell(f"degraded: {SENTENCE}")

    assert Condition(tmp_path).degraded() == SENTENCE


def test_smaller_batches_are_no_degradation(condition: Condition) -> None:
    condition.tell("out of memory with 8 films: 4 at a time from now on")

    assert condition.degraded() is None


def test_the_next_worker_begins_well(condition: Condition) -> None:
    condition.tell(f"degraded: {SENTENCE}")

    condition.clear()
    condition.clear()

    assert condition.degraded() is None


def test_a_folder_that_takes_nothing_hinders_nobody(tmp_path: Path) -> None:
    Condition(tmp_path / "absent").tell(f"degraded: {SENTENCE}")


def test_a_predictor_that_loses_its_device_is_kept_as_degraded(
    condition: Condition, tmp_path: Path
) -> None:
    bundle = load_bundle(saved(tmp_path / "bundle"))
    predictor = Predictor(bundle, "cpu", tell=condition.tell)
    bundle.network.classifier = Failing(bundle.network.classifier, 1)

    predictor.scored(bundle.golden["input"][None] / 255)

    assert condition.degraded() == predictor.degraded
