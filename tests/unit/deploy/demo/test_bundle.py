"""The bundle with which every film comes back."""

from pathlib import Path

from deploy.demo.bundle import bundle_that_flags_all
from triage.infer.bundle import CARD, read_model, shipped_bundle
from triage.infer.card import read_card


def test_every_threshold_is_zero_and_the_version_tells(tmp_path: Path) -> None:
    lowered = bundle_that_flags_all(tmp_path / "bundle")

    card, shipped = read_card(lowered / CARD), read_card(shipped_bundle() / CARD)
    assert {label.threshold for label in card.labels} == {0.0}
    assert card.version == f"{shipped.version}-demo"


def test_the_copy_is_another_bundle_to_every_result(tmp_path: Path) -> None:
    lowered = bundle_that_flags_all(tmp_path / "bundle")

    assert read_model(lowered).digest != read_model(shipped_bundle()).digest
