from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.train.phantoms import SIZE, phantoms
from triage.domain.errors import ConfigurationError
from triage.domain.labels import HEADS, LABELS
from triage.infer.bundle import load_bundle
from triage.train.export import Title, export, refuse_one_kind
from triage.train.films import Examples
from triage.train.labels import LabelledFilm
from triage.train.loop import evaluate
from triage.train.recipe import Precision, Recipe
from triage.train.run import BEST, save_checkpoint
from triage.train.training import begin

RECIPE = Recipe(architecture="densenet-tiny", pixels=SIZE)
FILMS = tuple(
    LabelledFilm(Path(f"{n}.png"), f"P{n}", split, (1.0, 0.0), "Drawn: none needed")
    for n, split in enumerate(["train"] * 4 + ["val"] * 16)
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    training = begin(RECIPE)
    torch.autograd.backward(training.network.activations(torch.rand(2, 3, SIZE, SIZE)).logits.sum())
    training.optimizer.step()
    save_checkpoint(tmp_path / BEST, training, epoch=3)
    return tmp_path


@pytest.fixture
def val() -> Examples:
    return phantoms(16, seed=2).examples


def test_the_best_epoch_becomes_a_bundle_that_loads(run: Path, val: Examples) -> None:
    model = export(run, RECIPE, films=FILMS, val=val, title=Title("first", "7"))

    bundle = load_bundle(run / "bundle")
    assert bundle.model == model
    assert (model.name, model.version) == ("first", "7")
    assert "epoch 3, the best" in bundle.card.training.recipe
    assert bundle.card.training.sources == ("Drawn: none needed",)
    assert (bundle.card.training.films, bundle.card.training.validation_films) == (4, 16)


def test_thresholds_hold_for_the_bundles_own_network(run: Path, val: Examples) -> None:
    export(run, RECIPE, films=FILMS, val=val, title=Title("first", "1"))

    bundle = load_bundle(run / "bundle")
    outcome = evaluate(bundle.network, val, precision=Precision.FLOAT32, pixels=SIZE)
    logits, present = outcome.known(0)
    label = bundle.card.labels[0]
    reached = 1 / (1 + np.exp(-logits)) >= label.threshold
    assert label.specificity == (~reached[~present]).mean() >= 0.80
    assert label.sensitivity == reached[present].mean()
    assert (label.positives, label.negatives) == (8, 8)


def test_a_run_without_an_epoch_has_no_bundle(tmp_path: Path, val: Examples) -> None:
    with pytest.raises(ConfigurationError, match="at least one epoch must end first"):
        export(tmp_path, RECIPE, films=FILMS, val=val, title=Title("first", "1"))


def test_a_head_without_positives_has_no_threshold(run: Path, val: Examples) -> None:
    negative = replace(val, targets=torch.zeros_like(val.targets))

    with pytest.raises(ConfigurationError, match="tumour: 0 of 16 validation films have it"):
        export(run, RECIPE, films=FILMS, val=negative, title=Title("first", "1"))


def test_a_finding_without_positives_has_a_threshold_that_says_no_more(tmp_path: Path) -> None:
    recipe = replace(RECIPE, labels=("tumour", "Hernia"))
    save_checkpoint(tmp_path / BEST, begin(recipe), epoch=1)
    val = phantoms(16, seed=2).examples
    targets = torch.stack([val.targets[:, 0], torch.zeros(16)], dim=1)

    export(tmp_path, recipe, films=FILMS, val=replace(val, targets=targets), title=Title("a", "1"))

    hernia = load_bundle(tmp_path / "bundle").card.labels[1]
    assert (hernia.flags, hernia.sensitivity, hernia.auroc) == (False, None, None)
    assert 0 < hernia.threshold < 1


def test_what_was_learnt_beside_the_labels_is_not_exported(tmp_path: Path, val: Examples) -> None:
    recipe = replace(RECIPE, anatomy=True)
    training = begin(recipe)
    save_checkpoint(tmp_path / BEST, training, epoch=1)

    export(tmp_path, recipe, films=FILMS, val=val, title=Title("first", "1"))

    rows = load_bundle(tmp_path / "bundle").network.classifier.weight
    assert torch.equal(rows, training.kept.classifier.weight[:2].half().float())
    assert len(training.kept.classifier.weight) == 5


def judged(*known: tuple[float | None, ...], normal: bool = False) -> list[LabelledFilm]:
    """Make validation films of which the first labels are known."""
    rows = [(*first, *(None,) * (len(LABELS) - len(first))) for first in known]
    return [LabelledFilm(Path("a.png"), "P", "val", row, "Drawn", normal=normal) for row in rows]


def test_films_of_both_kinds_are_enough() -> None:
    refuse_one_kind(judged((1.0, 0.0), (0.0, None), (None, 1.0)), tuple(HEADS))


def test_a_head_of_one_kind_is_refused_before_training() -> None:
    positive = replace(judged((0.0, 1.0))[0], split="train")
    films = [*judged((1.0, 0.0), (0.0, None)), *judged((0.0, 1.0), normal=True), positive]

    with pytest.raises(ConfigurationError, match="inflammation: 0 of 1 validation films have it"):
        refuse_one_kind(films, tuple(HEADS))


def test_a_finding_may_lack_positives_but_not_negatives() -> None:
    refuse_one_kind(judged((0.0, 0.0, 0.0)), LABELS[2:3])

    with pytest.raises(ConfigurationError, match="Atelectasis: 1 of 1 validation films have it"):
        refuse_one_kind(judged((0.0, 0.0, 1.0)), LABELS[2:3])
