import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.train.phantoms import SIZE, phantoms
from triage.domain.errors import ConfigurationError
from triage.domain.labels import HEADS
from triage.infer.bundle import load_bundle, shipped_bundle
from triage.train.fit import Material, Progress, fit
from triage.train.recipe import RADIOGRAPH, Precision, Recipe
from triage.train.run import BEST, LAST, Epoch
from triage.train.training import Start

RECIPE = Recipe(architecture="densenet-tiny", pixels=SIZE, epochs=3, precision=Precision.FLOAT32)
BETTER = replace(
    RADIOGRAPH,
    architecture="densenet-tiny",
    pixels=SIZE,
    first_pixels=32,
    batch=8,
    epochs=3,
    labels=tuple(HEADS),
    precision=Precision.FLOAT32,
)
SETS = ((32, 1), (16, 2), (16, 3))
SILENT = Progress(step=lambda: None, epoch=lambda _: None)


class Interrupted(Exception):
    """Somebody pulled the plug."""


def interrupt(_: Epoch) -> None:
    """End a run after its first epoch."""
    raise Interrupted


@pytest.fixture(scope="module")
def material() -> Material:
    return Material(*(phantoms(count, seed=seed).examples for count, seed in SETS))


@pytest.mark.parametrize("recipe", [RECIPE, BETTER], ids=["article", "radiograph"])
def test_a_resumed_run_ends_as_an_uninterrupted_one(
    tmp_path: Path, material: Material, recipe: Recipe
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    uninterrupted = fit(whole, recipe, material, progress=SILENT)
    with pytest.raises(Interrupted):
        fit(parts, recipe, material, progress=Progress(lambda: None, interrupt))

    resumed = fit(parts, recipe, material, progress=SILENT, resume=True)

    torch.testing.assert_close(load_file(parts / LAST), load_file(whole / LAST))
    assert [epoch.loss for epoch in resumed] == pytest.approx([e.loss for e in uninterrupted])


def test_every_epoch_is_told_and_logged(tmp_path: Path, material: Material) -> None:
    told = list[Epoch]()
    progress = Progress(step=lambda: None, epoch=told.append)

    log = fit(tmp_path, RECIPE, material, progress=progress)

    assert told == log
    assert [epoch.epoch for epoch in log] == [1, 2, 3]
    assert len((tmp_path / "log.jsonl").read_text("utf-8").splitlines()) == 3


def test_the_best_epoch_is_kept_beside_the_last(tmp_path: Path, material: Material) -> None:
    fit(tmp_path, replace(RECIPE, epochs=1), material, progress=SILENT)

    torch.testing.assert_close(load_file(tmp_path / BEST), load_file(tmp_path / LAST))


def test_the_best_epoch_has_seen_films_at_their_full_size(
    tmp_path: Path, material: Material
) -> None:
    log = fit(tmp_path, BETTER, material, progress=SILENT)

    assert [epoch.pixels for epoch in log] == [32, 48, SIZE]
    torch.testing.assert_close(load_file(tmp_path / BEST), load_file(tmp_path / LAST))


def test_a_bundle_of_another_kind_is_no_beginning() -> None:
    shipped = load_bundle(shipped_bundle())

    with pytest.raises(ConfigurationError, match="architecture of cxr-triage densenet121"):
        Start.of(shipped, RECIPE)


@pytest.mark.parametrize("kind", ["train", "held", "val"])
def test_a_run_is_not_resumed_on_films_that_changed(
    tmp_path: Path, material: Material, kind: str
) -> None:
    fit(tmp_path, replace(RECIPE, epochs=1), material, progress=SILENT)
    fewer = getattr(material, kind).chosen(torch.arange(8))
    changed = replace(material, **{kind: fewer})

    with pytest.raises(ConfigurationError, match=f"films {kind}"):
        fit(tmp_path, replace(RECIPE, epochs=1), changed, progress=SILENT, resume=True)


def test_a_run_is_not_resumed_on_other_labels_of_the_same_validation_films(
    tmp_path: Path, material: Material
) -> None:
    fit(tmp_path, replace(RECIPE, epochs=1), material, progress=SILENT)
    inverted = replace(material, val=replace(material.val, targets=1 - material.val.targets))

    with pytest.raises(ConfigurationError, match="films val"):
        fit(tmp_path, replace(RECIPE, epochs=1), inverted, progress=SILENT, resume=True)


def test_without_a_film_to_judge_by_the_last_epoch_is_kept(
    tmp_path: Path, material: Material
) -> None:
    nobody = replace(material, held=material.held.chosen(torch.zeros(16).bool()))

    log = fit(tmp_path, replace(RECIPE, epochs=2), nobody, progress=SILENT)

    assert math.isnan(log[-1].score)
    torch.testing.assert_close(load_file(tmp_path / BEST), load_file(tmp_path / LAST))
