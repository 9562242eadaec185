"""``triage train``: train a network by one of the named recipes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.progress import TaskID as Task

from triage.domain.errors import UnusableList
from triage.domain.labels import HEADS
from triage.evaluate.curves import Pass, save_curves
from triage.infer.bundle import load_bundle
from triage.infer.checkpoint import sha256
from triage.infer.densenet import ARCHITECTURES
from triage.train import fit
from triage.train.export import Title, export, refuse_one_kind
from triage.train.films import Examples, load_examples
from triage.train.labels import HELD, LabelledFilm, known_labels, read_labels
from triage.train.recipe import PRESETS, Precision, Recipe
from triage.train.run import Epoch, begun_by, check_folder
from triage.train.soft import Predictions, read_predictions
from triage.train.training import Start

USUAL = "radiograph"
Beginning = Annotated[Path | None, typer.Option(help="Bundle whose weights to begin with.")]
Said = Annotated[Path | None, typer.Option(help="CSV of another network's probabilities.")]
Preset = Annotated[
    str | None, typer.Option(help=f"One of {', '.join(PRESETS)}; {USUAL} unless resumed.")
]
Resume = Annotated[
    bool, typer.Option(help="Go on after the last finished epoch, by the recipe of the run.")
]
Epochs = Annotated[int | None, typer.Option(min=1)]
Pixels = Annotated[int | None, typer.Option(min=32, max=2048)]
First = Annotated[
    int | None,
    typer.Option("--first-pixels", min=0, max=2048, help="Of the first epoch; 0: no smaller."),
]
Batch = Annotated[int | None, typer.Option(min=2)]
Rate = Annotated[float | None, typer.Option("--learning-rate", min=0)]
Seed = Annotated[int | None, typer.Option(min=0)]
Numbers = Annotated[Precision | None, typer.Option("--precision", help="Of convolutions.")]
Pointed = Annotated[
    float | None, typer.Option(min=0, help="Weight of the loss that draws maps into boxes.")
]
Network = Annotated[
    str | None, typer.Option("--architecture", help=f"One of {', '.join(ARCHITECTURES)}.")
]


def train(
    folder: Annotated[Path, typer.Argument(help="Folder with labels.csv, or ChestX-ray14.")],
    *,
    to: Annotated[Path, typer.Option(help="Run folder: settings, log, checkpoints, bundle.")],
    preset: Preset = None,
    resume: Resume = False,
    start: Beginning = None,
    predictions: Said = None,
    epochs: Epochs = None,
    pixels: Pixels = None,
    first_pixels: First = None,
    batch: Batch = None,
    learning_rate: Rate = None,
    seed: Seed = None,
    precision: Numbers = None,
    architecture: Network = None,
    pointed: Pointed = None,
    name: Annotated[str, typer.Option(help="Name of the bundle.")] = "cxr-triage",
    version: Annotated[str, typer.Option(help="Version of the bundle.")] = "1",
) -> None:
    """Train a network and write a bundle into the run folder.

    ``radiograph`` trains the heads tumour and inflammation and the 14 findings of ChestX-ray14
    together; ``article`` is the source article's recipe for the two heads. Weights are random at
    first unless ``--start`` names a bundle; inputs do not begin small then. Films of children are
    left out. A tenth of the training patients is held back to choose the epoch by; thresholds are
    set at specificity 0.80 on the validation films that no second reading called normal.
    """
    sides = (pixels, first_pixels)
    changes = Changes(epochs, *sides, batch, learning_rate, seed, precision, architecture, pointed)
    recipe, begun = _plan(_base(preset, to, resume=resume), changes, start, predictions)
    check_folder(to, recipe, resume=resume)
    films = read_labels(folder)
    recipe = replace(recipe, labels=_labels(films, recipe.labels))
    soft = read_predictions(predictions) if predictions else None
    with _bars() as bars:
        sets = {split: _load(films, split, recipe, soft, bars) for split in ("train", HELD, "val")}
        _fit(to, recipe, sets, bars, resume=resume, start=begun)
    model = export(to, recipe, films=films, val=_others(sets["val"]), title=Title(name, version))
    print(f"{model.name} {model.version} {model.digest} {to / 'bundle'}")


class Changes(NamedTuple):
    """What differs from the recipe, by the names of its fields; ``None`` does not."""

    epochs: int | None
    pixels: int | None
    first_pixels: int | None
    batch: int | None
    learning_rate: float | None
    seed: int | None
    precision: Precision | None
    architecture: str | None
    pointed: float | None


def _base(preset: str | None, to: Path, *, resume: bool) -> Recipe:
    """Return the recipe to change: of the run that is resumed, unless a preset is named."""
    if preset not in (None, *PRESETS):
        raise typer.BadParameter(f"{preset}: one of {', '.join(PRESETS)}")
    begun = begun_by(to) if resume and preset is None else None
    return begun or PRESETS[preset or USUAL]


def _plan(
    base: Recipe, changes: Changes, start: Path | None, predictions: Path | None
) -> tuple[Recipe, Start | None]:
    """Return the recipe, whose labels may not all be known, and the weights to begin with."""
    if changes.architecture not in (None, *ARCHITECTURES):
        raise typer.BadParameter(f"{changes.architecture}: one of {', '.join(ARCHITECTURES)}")
    if predictions and not predictions.is_file():
        raise UnusableList(f"{predictions}: no such file")
    bundle = load_bundle(start) if start else None
    recipe = replace(
        base,
        predictions=sha256(predictions) if predictions else "",
        start=bundle.model.digest if bundle else "",
    )
    if bundle and not base.start:
        recipe = replace(recipe, first_pixels=0)
    wanted = {field: value for field, value in changes._asdict().items() if value is not None}
    recipe = replace(recipe, **wanted).settled()
    return recipe, Start.of(bundle, recipe) if bundle else None


def _labels(films: Sequence[LabelledFilm], names: Sequence[str]) -> tuple[str, ...]:
    """Return the labels that films know, once validation films can judge each of them."""
    labels = known_labels(films, names)
    refuse_one_kind(films, labels)
    return labels


def _bars() -> Progress:
    """Draw bars on a terminal only; the results go to standard output."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


def _load(
    films: tuple[LabelledFilm, ...],
    split: str,
    recipe: Recipe,
    soft: Predictions | None,
    bars: Progress,
) -> Examples:
    chosen = [film for film in films if film.split == split]
    task = bars.add_task(f"reading {split} films", total=len(chosen))
    return load_examples(
        chosen,
        recipe,
        predictions=soft if split == "train" else None,
        advance=lambda: bars.advance(task),
    )


def _others(examples: Examples) -> Examples:
    """Keep the films to judge by: those that no second reading called normal."""
    return examples.chosen(~examples.normal)


def _fit(
    to: Path,
    recipe: Recipe,
    sets: Mapping[str, Examples],
    bars: Progress,
    *,
    resume: bool,
    start: Start | None,
) -> None:
    held, val = _others(sets[HELD]), _others(sets["val"])
    material = fit.Material(sets["train"], held=held, val=val)
    steps = -(-len(material.train) // recipe.batch)
    task = bars.add_task("epoch 1", total=steps)
    progress = fit.Progress(
        step=lambda: bars.advance(task), epoch=lambda epoch: _tell(epoch, bars, task)
    )
    log = fit.fit(to, recipe, material, progress=progress, resume=resume, start=start)
    save_curves(to / "curves.png", [Pass(**asdict(epoch)) for epoch in log])


def _tell(epoch: Epoch, bars: Progress, task: Task) -> None:
    heads = " ".join(f"{head}={_said(epoch.aurocs[head])}" for head in HEADS)
    bars.console.print(
        f"epoch={epoch.epoch} pixels={epoch.pixels} loss={epoch.loss:.4f} {heads}"
        f" mean={_said(epoch.score)} s={epoch.seconds}",
        soft_wrap=True,  # a line of a log is one line, however long
    )
    bars.reset(task, description=f"epoch {epoch.epoch + 1}")


def _said(auroc: float) -> str:
    return f"{auroc:.3f}" if math.isfinite(auroc) else "undefined"
