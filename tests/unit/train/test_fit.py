from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.unit.train.phantoms import SIZE, phantoms
from triage.train.films import Examples
from triage.train.fit import Progress, fit
from triage.train.loop import Precision, Recipe
from triage.train.run import BEST, LAST, Epoch

RECIPE = Recipe(architecture="densenet-tiny", pixels=SIZE, epochs=3, precision=Precision.FLOAT32)
SILENT = Progress(step=lambda: None, epoch=lambda _: None)


@pytest.fixture(scope="module")
def train() -> Examples:
    return phantoms(32, seed=1).examples


@pytest.fixture(scope="module")
def val() -> Examples:
    return phantoms(16, seed=2).examples


def test_a_resumed_run_ends_as_an_uninterrupted_one(
    tmp_path: Path, train: Examples, val: Examples
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    uninterrupted = fit(whole, RECIPE, train=train, val=val, progress=SILENT)
    fit(parts, replace(RECIPE, epochs=1), train=train, val=val, progress=SILENT)

    resumed = fit(parts, RECIPE, train=train, val=val, progress=SILENT, resume=True)

    torch.testing.assert_close(load_file(parts / LAST), load_file(whole / LAST))
    assert [epoch.loss for epoch in resumed] == pytest.approx([e.loss for e in uninterrupted])


def test_every_epoch_is_told_and_logged(tmp_path: Path, train: Examples, val: Examples) -> None:
    told = list[Epoch]()
    progress = Progress(step=lambda: None, epoch=told.append)

    log = fit(tmp_path, RECIPE, train=train, val=val, progress=progress)

    assert told == log
    assert [epoch.epoch for epoch in log] == [1, 2, 3]
    assert len((tmp_path / "log.jsonl").read_text("utf-8").splitlines()) == 3


def test_the_best_epoch_is_kept_beside_the_last(
    tmp_path: Path, train: Examples, val: Examples
) -> None:
    fit(tmp_path, replace(RECIPE, epochs=1), train=train, val=val, progress=SILENT)

    torch.testing.assert_close(load_file(tmp_path / BEST), load_file(tmp_path / LAST))
