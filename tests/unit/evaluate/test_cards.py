from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluate.recalibrations import recalibration
from tests.unit.evaluate.shelf import SAMPLES
from tests.unit.infer.bundles import head, label, saved
from triage.domain.errors import UnusableList
from triage.domain.scaling import Scaling
from triage.evaluate.cards import (
    BEYOND,
    bare_route,
    calibrated,
    flagging,
    labels_named,
    line_of,
)
from triage.evaluate.platt import Method
from triage.infer.bundle import load_bundle
from triage.infer.card import Card, Label, Line, Proof, Urgent
from triage.infer.precision import Precision
from triage.infer.predictor import Predictor
from triage.settings import load_settings

PEAKS = {"tumour": np.linspace(0, 1, 101) / BEYOND}
LINE = Line(method="temperature", slope=0.5)


def card(folder: Path, *labels: Label) -> Card:
    return load_bundle(saved(folder, *labels)).card


def test_the_bare_route_leaves_lines_out_and_clips_no_map(tmp_path: Path) -> None:
    scaled = label("tumour").model_copy(update={"scaling": LINE, "map_scale": 2e-6})
    folder = saved(tmp_path, scaled, label("inflammation"))
    film = SAMPLES / "dx_mass.dcm"

    bare = bare_route(load_settings(None, environment={}), folder)

    found, plain = bare.assess(film), Predictor(load_bundle(folder))
    (usual,) = plain.assess([found.film])
    said = found.assessment.findings[0].probability
    assert LINE.scaling.of(np.array(said)) == usual.findings[0].probability
    assert usual.heat_maps[0].weights.max() == 1
    assert 2e-6 < found.assessment.heat_maps[0].weights.max() * BEYOND < 1


def test_a_line_is_read_from_a_label() -> None:
    assert line_of(label("tumour")) is None
    assert line_of(label("tumour").model_copy(update={"scaling": LINE})) == Scaling(0.5, 0.0)


def test_labels_are_found_by_name_in_the_cards_order(tmp_path: Path) -> None:
    both = card(tmp_path, label("tumour"), label("inflammation"))

    assert [each.name for each in labels_named(both, ())] == ["tumour", "inflammation"]
    assert [each.name for each in labels_named(both, ["inflammation"])] == ["inflammation"]
    with pytest.raises(UnusableList, match="label Hernia: one of tumour, inflammation"):
        labels_named(both, ["Hernia"])


def test_only_a_label_that_flags_can_be_urgent() -> None:
    silent = label("tumour", flags=False)

    assert flagging(silent, ["tumour"], urgent=True).flags
    assert not flagging(silent, [], urgent=False).flags
    with pytest.raises(UnusableList, match="urgent threshold of tumour: only for a label that"):
        flagging(silent, [], urgent=True)


def test_what_was_found_is_written_and_the_rest_is_kept(tmp_path: Path) -> None:
    old = card(tmp_path, head("tumour", "Mass", "Nodule"), label("Mass"), label("Nodule"))
    found = recalibration(Method.PLATT)

    new = calibrated(old, old.labels[:1], [found], version="2", peaks=PEAKS)

    made, (flagged, *_) = new.labels[0], found.cuts
    assert (new.version, new.labels[1:]) == ("2", old.labels[1:])
    assert (made.any_of, made.flags) == (("Mass", "Nodule"), False)
    assert made.threshold == flagged.threshold
    assert made.specificity == flagged.seen["specificity"].value
    assert made.measured is not None
    assert made.measured.specificity == flagged.seen["specificity"].interval
    assert made.measured.reached == flagged.seen["flag_rate"].value
    assert made.measured.flag_rate == flagged.seen["flag_rate"].interval
    assert made.measured.unseen is not None
    assert made.measured.unseen.flag_rate == flagged.unseen["flag_rate"].value
    assert made.positives == found.before.positives
    assert made.scaling is not None
    assert made.scaling.scaling == found.scaling


def test_the_map_scale_is_that_of_the_films(tmp_path: Path) -> None:
    old = card(tmp_path, label("tumour"))

    new = calibrated(old, old.labels, [recalibration(Method.NONE)], version="2", peaks=PEAKS)

    assert new.labels[0].map_scale == pytest.approx(0.95)


def test_films_with_empty_maps_tell_no_scale(tmp_path: Path) -> None:
    old, empty = card(tmp_path, label("tumour")), {"tumour": np.zeros(9)}

    new = calibrated(old, old.labels, [recalibration(Method.NONE)], version="2", peaks=empty)

    assert new.labels[0].map_scale is None


def test_a_second_threshold_is_written(tmp_path: Path) -> None:
    old, found = card(tmp_path, label("tumour")), recalibration(Method.NONE, urgent=True)

    urgent = calibrated(old, old.labels, [found], version="2", peaks=PEAKS).labels[0].urgent

    assert urgent is not None
    assert urgent.threshold == found.cuts[1].threshold
    assert urgent.measured is not None
    assert urgent.measured.wish == "specificity 0.95"


def test_an_old_second_threshold_goes_with_its_scale_and_an_old_line_stays_without_a_new(
    tmp_path: Path,
) -> None:
    update = {"scaling": LINE, "urgent": Urgent(threshold=0.9)}
    old = card(tmp_path, label("tumour").model_copy(update=update))

    found = recalibration(Method.NONE, old=LINE.scaling)
    made = calibrated(old, old.labels, [found], version="2", peaks=PEAKS).labels[0]

    assert made.urgent is None
    assert made.scaling == LINE


def test_no_proof_of_precision_outlives_its_thresholds(tmp_path: Path) -> None:
    proof = Proof(
        device="cpu", precision=Precision.BFLOAT16, films=9, largest_change=0.0, decisions_changed=0
    )
    old = card(tmp_path, label("tumour")).model_copy(update={"proofs": (proof,)})
    assert old.proven("cpu") == (Precision.BFLOAT16,)

    found = [recalibration(Method.NONE)]
    new = calibrated(old, old.labels, found, version="2", peaks=PEAKS)

    assert new.proven("cpu") == ()
