import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from triage.domain.errors import ConfigurationError
from triage.train.recipe import RADIOGRAPH, Recipe
from triage.train.run import (
    LAST,
    Epoch,
    append_epoch,
    begun_by,
    check_folder,
    claim_folder,
    load_checkpoint,
    read_log,
    save_checkpoint,
)
from triage.train.training import Training, begin

RECIPE = Recipe(architecture="densenet-tiny", pixels=32, averaged=0.9)
FILMS = {"train": "ab"}


def stepped() -> Training:
    """Make a network after one step, so that it has momentum and another average."""
    training = begin(RECIPE)
    torch.autograd.backward(training.network.activations(torch.rand(2, 3, 32, 32)).logits.sum())
    training.optimizer.step()
    training.average(RECIPE.averaged)
    return training


def test_a_checkpoint_brings_weights_momentum_and_epoch_back(tmp_path: Path) -> None:
    saved, fresh = stepped(), begin(replace(RECIPE, seed=9))
    save_checkpoint(tmp_path / LAST, saved, epoch=7)

    epoch = load_checkpoint(tmp_path / LAST, fresh)

    assert (epoch, fresh.steps) == (7, 1)
    torch.testing.assert_close(fresh.kept.state_dict(), saved.kept.state_dict())
    torch.testing.assert_close(fresh.network.state_dict(), saved.network.state_dict())
    before, after = saved.optimizer.state_dict(), fresh.optimizer.state_dict()
    torch.testing.assert_close(after["state"], before["state"])


def test_without_a_checkpoint_nothing_has_been_learnt(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / LAST, begin(RECIPE)) == 0


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_a_checkpoint_that_was_cut_off_is_named(tmp_path: Path, kept: int) -> None:
    save_checkpoint(tmp_path / LAST, stepped(), epoch=7)
    (tmp_path / LAST).write_bytes((tmp_path / LAST).read_bytes()[:kept])

    with pytest.raises(ConfigurationError, match=r"last\.safetensors: damaged, or no checkpoint"):
        load_checkpoint(tmp_path / LAST, begin(RECIPE))


def test_tensors_that_no_run_wrote_are_no_checkpoint(tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(1)}, tmp_path / LAST)

    with pytest.raises(ConfigurationError, match=r"last\.safetensors: damaged, or no checkpoint"):
        load_checkpoint(tmp_path / LAST, begin(RECIPE))


def test_a_run_folder_keeps_its_recipe(tmp_path: Path) -> None:
    claim_folder(tmp_path / "run", RECIPE, films=FILMS, resume=False)

    kept = json.loads((tmp_path / "run/settings.json").read_text("utf-8"))

    assert kept["recipe"]["learning_rate"] == 0.001
    assert kept["films"] == FILMS
    assert kept["run_with"]["torch"] == torch.__version__
    assert kept["run_with"]["numpy"] == np.__version__
    assert kept["run_with"].keys() >= {"opencv", "pillow", "device", "threads"}


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    claim_folder(tmp_path, RECIPE, films=FILMS, resume=False)

    with pytest.raises(ConfigurationError, match="holds a run already"):
        claim_folder(tmp_path, RECIPE, films=FILMS, resume=False)


def test_a_run_is_not_resumed_on_other_films(tmp_path: Path) -> None:
    claim_folder(tmp_path, RECIPE, films=FILMS, resume=False)

    with pytest.raises(ConfigurationError, match=r"films train cd: the run was begun with ab"):
        claim_folder(tmp_path, RECIPE, films={"train": "cd"}, resume=True)


def test_a_run_is_resumed_by_what_it_was_begun_with(tmp_path: Path) -> None:
    claim_folder(tmp_path, RECIPE, films=FILMS, resume=False)
    before = (tmp_path / "settings.json").read_bytes()

    claim_folder(tmp_path, RECIPE, films=FILMS, resume=True)

    assert (tmp_path / "settings.json").read_bytes() == before


def test_a_run_is_not_resumed_by_another_recipe(tmp_path: Path) -> None:
    claim_folder(tmp_path, RECIPE, films=FILMS, resume=False)

    with pytest.raises(ConfigurationError, match=r"batch 8: the run was begun with 16"):
        claim_folder(tmp_path, replace(RECIPE, batch=8), films=FILMS, resume=True)


@pytest.mark.parametrize("content", ["", '{"recipe": {', "[1]", "\0\0"])
def test_damaged_settings_are_named(tmp_path: Path, content: str) -> None:
    claim_folder(tmp_path, RECIPE, films=FILMS, resume=False)
    (tmp_path / "settings.json").write_text(content, "utf-8")

    with pytest.raises(ConfigurationError, match=r"settings\.json: damaged"):
        claim_folder(tmp_path, RECIPE, films=FILMS, resume=True)


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_is_no_folder_for_a_run(tmp_path: Path, *, resume: bool) -> None:
    (tmp_path / "run").write_text("notes", "utf-8")

    for folder in (tmp_path / "run", tmp_path / "run/first"):
        with pytest.raises(ConfigurationError, match="a run needs a folder"):
            claim_folder(folder, RECIPE, films=FILMS, resume=resume)
    assert (tmp_path / "run").read_text("utf-8") == "notes"


@pytest.mark.parametrize("line", ["", '{"epoch": 1, "pix', "{}", '{"aurocs": 1}'])
def test_a_damaged_log_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "log.jsonl").write_text(line + "\n", "utf-8")

    with pytest.raises(ConfigurationError, match=r"log\.jsonl: damaged"):
        read_log(tmp_path, epochs=1)


def test_a_run_tells_the_recipe_that_it_was_begun_with(tmp_path: Path) -> None:
    recipe = replace(RADIOGRAPH, labels=("tumour",), start="ab")
    claim_folder(tmp_path, recipe, films=FILMS, resume=False)

    assert begun_by(tmp_path) == recipe
    assert begun_by(tmp_path / "nowhere") is None


@pytest.mark.parametrize("told", ["", "[]", "{}", '{"recipe": {"optimizer": "lion"}}'])
def test_settings_that_tell_no_recipe_are_named(tmp_path: Path, told: str) -> None:
    (tmp_path / "settings.json").write_text(told, "utf-8")

    with pytest.raises(ConfigurationError, match=r"settings\.json tells no recipe"):
        begun_by(tmp_path)


def test_a_recipe_with_a_field_that_nobody_knows_is_of_another_version(tmp_path: Path) -> None:
    told = {"recipe": asdict(RECIPE) | {"dropout": 0.5}}
    (tmp_path / "settings.json").write_text(json.dumps(told), "utf-8")

    with pytest.raises(ConfigurationError, match="of this version"):
        begun_by(tmp_path)


def test_a_folder_is_checked_without_its_films(tmp_path: Path) -> None:
    claim_folder(tmp_path, RECIPE, films=FILMS, resume=False)

    check_folder(tmp_path, RECIPE, resume=True)

    with pytest.raises(ConfigurationError, match="holds a run already"):
        check_folder(tmp_path, RECIPE, resume=False)


def test_the_log_drops_epochs_that_no_checkpoint_holds(tmp_path: Path) -> None:
    epochs = [Epoch(n, 64, 0.5, {"tumour": 0.6}, 1.0) for n in (1, 2, 3)]
    for epoch in epochs:
        append_epoch(tmp_path, epoch)

    assert read_log(tmp_path, epochs=2) == epochs[:2]
    assert len((tmp_path / "log.jsonl").read_text("utf-8").splitlines()) == 2


def test_the_log_is_json_also_where_nothing_can_be_judged(tmp_path: Path) -> None:
    append_epoch(tmp_path, Epoch(1, 64, 0.5, {"tumour": math.nan}, 1.0))

    assert '"tumour": null' in (tmp_path / "log.jsonl").read_text("utf-8")
    assert math.isnan(read_log(tmp_path, epochs=1)[0].score)


def test_a_new_run_has_an_empty_log(tmp_path: Path) -> None:
    assert read_log(tmp_path, epochs=0) == []


def test_a_label_that_cannot_be_judged_does_not_count_in_the_score() -> None:
    epoch = Epoch(1, 64, 0.5, {"tumour": float("nan"), "inflammation": 0.7}, 1.0)

    assert epoch.score == 0.7
