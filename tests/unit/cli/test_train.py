import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.unit.train.folders import folder, row
from triage.cli.commands import run
from triage.cli.train import train
from triage.domain.errors import ConfigurationError, UnusableList
from triage.infer.bundle import load_bundle, read_model
from triage.train.recipe import RADIOGRAPH, Precision, Recipe
from triage.train.run import claim_folder


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return folder(tmp_path / "films", [row(number) for number in range(32)])


def test_training_ends_with_a_bundle_that_loads(
    tmp_path: Path, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(
        films,
        to=tmp_path / "run",
        epochs=1,
        pixels=32,
        architecture="densenet-tiny",
        precision=Precision.FLOAT32,
    )

    bundle = load_bundle(tmp_path / "run/bundle")
    assert bundle.model.digest in capsys.readouterr().out
    training = bundle.card.training
    assert (training.films, training.validation_films) == (24, 8)
    assert ", first_pixels 0, " in training.recipe
    assert ", predictions none, start random; " in training.recipe


def test_no_bar_is_drawn_where_there_is_no_terminal(
    tmp_path: Path, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(films, to=tmp_path / "run", epochs=1, pixels=32, architecture="densenet-tiny")

    told = capsys.readouterr().err
    assert told.startswith("epoch=1 pixels=32 loss=")
    assert "\x1b" not in told
    assert " tumour=undefined inflammation=undefined mean=undefined " in told  # too few films


def test_an_unknown_architecture_is_a_wrong_use(tmp_path: Path, films: Path) -> None:
    with pytest.raises(typer.BadParameter, match="resnet50: one of densenet121"):
        train(films, to=tmp_path / "run", architecture="resnet50")


def test_a_run_tells_what_it_began_with(tmp_path: Path, films: Path) -> None:
    tiny = partial(train, films, epochs=1, pixels=80, architecture="densenet-tiny")
    tiny(to=tmp_path / "first")

    tiny(to=tmp_path / "second", start=tmp_path / "first/bundle")

    began = load_bundle(tmp_path / "first/bundle").model.digest
    assert f"start {began}" in load_bundle(tmp_path / "second/bundle").card.training.recipe
    first, second = (
        json.loads((tmp_path / run / "settings.json").read_text("utf-8"))["recipe"]
        for run in ("first", "second")
    )
    assert (first["start"], first["first_pixels"]) == ("", 64)
    assert (second["start"], second["first_pixels"]) == (began, 0)
    assert (tmp_path / "second/curves.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("file", "content", "code"), [("said.csv.gz", b"\x1f\x8b\x08", 65), ("run", b"", 78)]
)
def test_bad_input_ends_with_one_line(
    films: Path, capsys: pytest.CaptureFixture[str], file: str, content: bytes, code: int
) -> None:
    (films / file).write_bytes(content)
    options = ["--epochs=1", "--pixels=32", "--architecture=densenet-tiny"]
    said = [f"--predictions={films / file}"] if file.endswith("gz") else []

    assert run(["train", str(films), f"--to={films / 'run'}", *options, *said]) == code

    (line,) = capsys.readouterr().err.splitlines()
    assert f"{films / file}: " in line


def test_a_finished_run_keeps_its_bundle_from_other_validation_films(
    tmp_path: Path, films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--epochs=1", "--pixels=32", "--architecture=densenet-tiny", "--resume"]
    again = ["train", str(films), f"--to={tmp_path / 'run'}", *options]
    assert [run(again), run(again)] == [0, 0]
    before = read_model(tmp_path / "run/bundle")
    table = films / "labels.csv"
    table.write_text(table.read_text("utf-8").replace(",val,0,", ",val,1,", 1), "utf-8")

    assert run(again) == 78
    assert "films val" in capsys.readouterr().err
    assert read_model(tmp_path / "run/bundle") == before


def test_validation_films_of_one_kind_are_refused_before_any_film_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row(number) for number in range(32)]
    for each in rows[::4]:
        each["inflammation"] = "0"
    films = folder(tmp_path / "films", rows)

    assert run(["train", str(films), f"--to={tmp_path / 'run'}", "--epochs=1"]) == 78

    assert "inflammation: 0 of 8 validation films have it" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def begun(run: Path, recipe: Recipe) -> Path:
    claim_folder(run, recipe, films={}, resume=False)
    return run


def test_films_that_are_nowhere_end_a_new_run(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match=r"labels\.csv: no such file"):
        train(tmp_path / "nowhere", to=tmp_path / "run")


def test_a_folder_with_a_run_is_refused_before_films_are_read(tmp_path: Path) -> None:
    run = begun(tmp_path / "run", RADIOGRAPH)

    with pytest.raises(ConfigurationError, match="holds a run already"):
        train(tmp_path / "nowhere", to=run)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"batch": 8}, "recipe batch 8: the run was begun with 32"),
        ({"preset": "article"}, "recipe pixels 224: the run was begun with 112"),
    ],
)
def test_another_recipe_is_refused_before_films_are_read(
    tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    run = begun(tmp_path / "run", RADIOGRAPH)

    with pytest.raises(ConfigurationError, match=told):
        train(tmp_path / "nowhere", to=run, resume=True, **options)


def test_a_run_is_resumed_by_its_own_recipe_without_repeating_it(
    tmp_path: Path, films: Path
) -> None:
    run = tmp_path / "run"
    train(films, to=run, preset="article", epochs=1, pixels=32, architecture="densenet-tiny")
    weights = (run / "bundle/weights.safetensors").read_bytes()

    train(films, to=run, resume=True)

    assert (run / "bundle/weights.safetensors").read_bytes() == weights


def test_with_resume_a_run_that_never_began_begins(tmp_path: Path, films: Path) -> None:
    train(
        films, to=tmp_path / "run", resume=True, epochs=1, pixels=32, architecture="densenet-tiny"
    )

    assert (tmp_path / "run/bundle").is_dir()


def test_a_bundle_to_begin_with_is_named_again(tmp_path: Path) -> None:
    run = begun(tmp_path / "run", replace(RADIOGRAPH, start="ab"))

    with pytest.raises(ConfigurationError, match="recipe start none: the run was begun with ab"):
        train(tmp_path / "nowhere", to=run, resume=True)


def test_predictions_that_are_nowhere_are_named(tmp_path: Path, films: Path) -> None:
    with pytest.raises(UnusableList, match=r"said\.csv: no such file"):
        train(films, to=tmp_path / "run", predictions=tmp_path / "said.csv")
