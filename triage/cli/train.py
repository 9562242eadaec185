"""``triage train``: train a network by the source article's recipe."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.progress import TaskID as Task

from triage.infer.densenet import ARCHITECTURES
from triage.train import fit
from triage.train.export import export
from triage.train.films import Examples, load_examples
from triage.train.labels import SPLITS, LabelledFilm, read_labels
from triage.train.loop import Precision, Recipe
from triage.train.run import Epoch

ARTICLE = Recipe()


def train(
    folder: Annotated[Path, typer.Argument(help="Folder with labels.csv and the films it names.")],
    *,
    to: Annotated[Path, typer.Option(help="Run folder: settings, log, checkpoints, bundle.")],
    resume: Annotated[bool, typer.Option(help="Go on after the last finished epoch.")] = False,
    epochs: Annotated[int, typer.Option(min=1)] = ARTICLE.epochs,
    pixels: Annotated[int, typer.Option(min=32, max=2048)] = ARTICLE.pixels,
    batch: Annotated[int, typer.Option(min=2)] = ARTICLE.batch,
    learning_rate: Annotated[float, typer.Option(min=0)] = ARTICLE.learning_rate,
    momentum: Annotated[float, typer.Option(min=0, max=1)] = ARTICLE.momentum,
    seed: Annotated[int, typer.Option(min=0)] = ARTICLE.seed,
    precision: Annotated[Precision, typer.Option(help="Of convolutions.")] = ARTICLE.precision,
    architecture: Annotated[
        str, typer.Option(help=f"One of {', '.join(ARCHITECTURES)}.")
    ] = ARTICLE.architecture,
    name: Annotated[str, typer.Option(help="Name of the bundle.")] = "cxr-triage",
    version: Annotated[str, typer.Option(help="Version of the bundle.")] = "1",
) -> None:
    """Train the heads tumour and inflammation and write a bundle into the run folder.

    The defaults are the source article's recipe: 224 pixels, ImageNet mean and deviation,
    stochastic gradient descent with momentum, batches of 16, learning rate 0.001, horizontal
    flips, random initialisation. Films of children and films that a second reading called
    normal are left out. Thresholds are set at specificity 0.80 on the validation films.
    """
    if architecture not in ARCHITECTURES:
        raise typer.BadParameter(f"{architecture}: one of {', '.join(ARCHITECTURES)}")
    recipe = Recipe(architecture, pixels, batch, learning_rate, momentum, epochs, seed, precision)
    films = read_labels(folder)
    with _bars() as bars:
        sets = {split: _load(films, split, recipe, bars) for split in SPLITS}
        _fit(to, recipe, sets, bars, resume=resume)
    model = export(to, recipe, films=films, val=sets["val"], name=name, version=version)
    print(f"{model.name} {model.version} {model.digest} {to / 'bundle'}")


def _bars() -> Progress:
    """Draw bars on a terminal only; the results go to standard output."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    )


def _load(films: tuple[LabelledFilm, ...], split: str, recipe: Recipe, bars: Progress) -> Examples:
    chosen = [film for film in films if film.split == split]
    task = bars.add_task(f"reading {split} films", total=len(chosen))
    return load_examples(chosen, recipe.pixels, advance=lambda: bars.advance(task))


def _fit(
    to: Path, recipe: Recipe, sets: dict[str, Examples], bars: Progress, *, resume: bool
) -> None:
    steps = -(-len(sets["train"]) // recipe.batch)
    task = bars.add_task("epoch 1", total=steps)
    progress = fit.Progress(
        step=lambda: bars.advance(task), epoch=lambda epoch: _tell(epoch, bars, task)
    )
    fit.fit(to, recipe, train=sets["train"], val=sets["val"], progress=progress, resume=resume)


def _tell(epoch: Epoch, bars: Progress, task: Task) -> None:
    heads = " ".join(f"{head}={value:.3f}" for head, value in epoch.aurocs.items())
    bars.console.print(f"epoch={epoch.epoch} loss={epoch.loss:.4f} {heads} s={epoch.seconds}")
    bars.reset(task, description=f"epoch {epoch.epoch + 1}")
