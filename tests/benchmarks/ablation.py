"""``python -m tests.benchmarks.ablation FOLDER --to RUNS``: what each part of the recipe gives.

Every row changes one thing in the recipe that the shipped bundle is trained by. Each is trained
anew with a whole collection left out, for each collection in turn, and judged on the films of
the training split in it; validation films are not looked at. A run that ended is not run again
and one that was interrupted goes on, so that the table may grow over many days.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from tests.benchmarks.collections_apart import NAMES, Cohort, Scores, standing
from triage.domain.labels import LABELS
from triage.infer.checkpoint import sha256
from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.train import thumbnail
from triage.train.films import Examples, load_examples
from triage.train.fit import Material, Progress, fit
from triage.train.folds import Fold
from triage.train.loop import evaluate
from triage.train.recipe import ARTICLE, RADIOGRAPH, Normals, Precision, Recipe
from triage.train.run import BEST, LAST, Epoch, load_checkpoint
from triage.train.soft import Predictions, read_predictions
from triage.train.training import Start, begin

FINISH = replace(RADIOGRAPH, pixels=160, epochs=1, learning_rate=3e-4)
"""The shipped bundle's second run, which ``--epochs`` and ``--pixels`` do not change."""

ROWS: Mapping[str, tuple[Recipe, ...]] = {
    "radiograph": (RADIOGRAPH,),
    "article": (ARTICLE,),
    "heads alone": (replace(RADIOGRAPH, labels=ARTICLE.labels),),
    "64 px": (replace(RADIOGRAPH, pixels=64),),
    "finished at 160 px": (RADIOGRAPH, FINISH),
    "no small beginning": (replace(RADIOGRAPH, first_pixels=0),),
    "pretrained on sex, view and age": (
        replace(RADIOGRAPH, labels=(), anatomy=True, soft=0.0),
        RADIOGRAPH,
    ),
    "with anatomy": (replace(RADIOGRAPH, anatomy=True),),
    "with anatomy, boxes at 0.1": (replace(RADIOGRAPH, anatomy=True, pointed=0.1),),
    "no boxes": (replace(RADIOGRAPH, pointed=0.0),),
    "no boxes, no flip": (replace(RADIOGRAPH, pointed=0.0, flipped=0.0),),
    "no flip": (replace(RADIOGRAPH, flipped=0.0),),
    "flip alone": (replace(RADIOGRAPH, distorted=False),),
    "no soft targets": (replace(RADIOGRAPH, soft=0.0),),
    "no averaging": (replace(RADIOGRAPH, averaged=0.0),),
    "no balance": (replace(RADIOGRAPH, balanced=0.0),),
    "normals left out": (replace(RADIOGRAPH, normals=Normals.LEFT_OUT),),
    "normals as labelled": (replace(RADIOGRAPH, normals=Normals.AS_LABELLED),),
}
"""Each row's recipes: a later one begins with the weights of the one before."""
BASELINE = "thumbnail"
PUBLISHED = "published"
CHECKPOINTS = (LAST, BEST)
"""A hundred megabytes each, removed when a run has been judged."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One row of the table with one collection left out.

    Args:
        name: of the row.
        recipes: how to train, one run after the other.
        fold: what is left out.
        path: of its scores; the run folder beside it has the same name without a suffix.
    """

    name: str
    recipes: tuple[Recipe, ...]
    fold: Fold
    path: Path


def main(words: Sequence[str]) -> int:
    """Train what is wanted and still missing, then print the table of everything there is."""
    arguments = _arguments(words)
    torch.set_num_threads(arguments.threads)
    cohort = Cohort.of(arguments.films, smallest=arguments.smallest)
    predictions = read_predictions(arguments.predictions) if arguments.predictions else {}
    console = Console(highlight=False, width=150)
    for trial in _trials(arguments, cohort):
        _refuse_others(trial)
        if not trial.path.is_file():
            scored = _glanced if trial.name == BASELINE else _trained
            _write(trial, cohort, scored(trial, cohort, predictions))
            console.print(f"{trial.name}: without {trial.fold.collection} done", style="dim")
    console.print(_table(arguments.to, cohort, predictions))
    return 0


def _trials(arguments: argparse.Namespace, cohort: Cohort) -> Iterator[Trial]:
    for name in arguments.rows:
        recipes = tuple(_changed(each, arguments) for each in ROWS.get(name, (RADIOGRAPH,)))
        for fold in cohort.folds[: arguments.folds]:
            yield Trial(name, recipes, fold, _path(arguments.to, name, fold))


def _changed(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    """Change what the command line changes in every recipe, so that rows stay comparable."""
    told = sha256(arguments.predictions) if arguments.predictions else ""
    recipe = replace(recipe, architecture=arguments.architecture, predictions=told)
    if recipe.epochs == FINISH.epochs:
        return recipe
    return replace(
        recipe,
        epochs=arguments.epochs or recipe.epochs,
        pixels=arguments.pixels or recipe.pixels,
    )


def _path(to: Path, name: str, fold: Fold) -> Path:
    return to / name.replace(" ", "-") / f"{fold.collection.replace('/', '-')}.csv"


def _glanced(trial: Trial, cohort: Cohort, _: Predictions) -> Tensor:
    """Score by thumbnails: (held, labels)."""
    films = [cohort.films[n] for n in trial.fold.trained]
    known = load_examples(films, replace(trial.recipes[-1], soft=0.0), advance=_nothing)
    baseline = thumbnail.fit(known.squares, known.targets, patients=[f.patient for f in films])
    judged = _judged(trial, cohort)
    return torch.from_numpy(thumbnail.scores(baseline, judged.squares))


def _trained(trial: Trial, cohort: Cohort, predictions: Predictions) -> Tensor:
    """Score by a network: (held, labels), NaN for what it was not trained for."""
    start = None
    for run, recipe in zip(_runs(trial), trial.recipes, strict=True):
        films = [cohort.films[n] for n in trial.fold.trained]
        train = load_examples(films, recipe, predictions=predictions, advance=_nothing)
        nobody = train.chosen(torch.zeros(len(train), dtype=torch.bool))
        progress = Progress(step=_nothing, epoch=lambda epoch: _tell(trial, epoch))
        material = Material(train, held=nobody, val=nobody)
        fit(run, recipe, material, progress=progress, resume=True, start=start)
        training = begin(recipe)
        load_checkpoint(run / LAST, training)
        start = Start(training.kept, recipe.labels)
    scores = _asked(training.kept, recipe, _judged(trial, cohort))
    for run, name in product(_runs(trial), CHECKPOINTS):
        (run / name).unlink(missing_ok=True)
    return scores


def _runs(trial: Trial) -> list[Path]:
    """Name the folder of each of a trial's runs."""
    first = trial.path.with_suffix("")
    later = range(1, len(trial.recipes))
    return [first, *(first.with_name(f"{first.name}-{number}") for number in later)]


def _refuse_others(trial: Trial) -> None:
    """Raise where the scores that are there were made by another recipe than asked for."""
    for run, recipe in zip(_runs(trial), trial.recipes, strict=True):
        path = run / "settings.json"
        if path.is_file():
            made = json.loads(path.read_text("utf-8"))["recipe"]
            if made != json.loads(json.dumps(asdict(recipe))):
                raise SystemExit(
                    f"{trial.path}: made by another recipe, {path}; name another folder"
                )


def _judged(trial: Trial, cohort: Cohort) -> Examples:
    """Load every film that is held out, whatever the recipe leaves out of training."""
    held = [replace(cohort.films[n], normal=False) for n in trial.fold.held]
    return load_examples(held, trial.recipes[-1], advance=_nothing)


def _asked(network: DenseNet, recipe: Recipe, judged: Examples) -> Tensor:
    outcome = evaluate(network, judged, precision=Precision.FLOAT32, pixels=recipe.pixels)
    scores = torch.full((len(judged), len(LABELS)), torch.nan, dtype=torch.float64)
    places = [LABELS.index(label) for label in recipe.labels]
    scores[:, places] = torch.from_numpy(outcome.logits[:, : len(places)])
    return scores


def _write(trial: Trial, cohort: Cohort, scores: Tensor) -> None:
    trial.path.parent.mkdir(parents=True, exist_ok=True)
    partial = trial.path.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", *LABELS])
        for number, row in zip(trial.fold.held, scores.tolist(), strict=True):
            writer.writerow([cohort.films[number].original, *(f"{value:.6g}" for value in row)])
    partial.replace(trial.path)


def _read(to: Path, name: str, cohort: Cohort) -> Iterator[Scores]:
    """Read the scores of each fold that has ended."""
    for fold in cohort.folds:
        path = _path(to, name, fold)
        if path.is_file():
            with path.open(newline="", encoding="utf-8") as file:
                rows = [[float(row[label]) for label in LABELS] for row in csv.DictReader(file)]
            yield Scores(fold.held, np.array(rows))


def _published(cohort: Cohort, predictions: Predictions) -> Iterator[Scores]:
    for fold in cohort.folds:
        known = [n for n in fold.held if cohort.films[n].original in predictions]
        rows = [predictions[cohort.films[n].original] for n in known]
        yield Scores(np.array(known, dtype=np.intp), np.array(rows).reshape(-1, len(LABELS)))


def _table(to: Path, cohort: Cohort, predictions: Predictions) -> Table:
    ordinary = int(sum(cohort.ordinary[fold.held].sum() for fold in cohort.folds))
    title = f"AUROC within collections left out, {ordinary} ordinary films, 95 % over patients"
    table = Table("row", "folds", *NAMES, title=title)
    for name in (*ROWS, BASELINE):
        scores = list(_read(to, name, cohort))
        cells = standing(cohort, scores) if scores else ["not run"]
        table.add_row(name, f"{len(scores)} of {len(cohort.folds)}", *cells)
        seen = [part.only(cohort.with_predictions(predictions)) for part in scores]
        if predictions and scores:
            table.add_row(f"{name}, on {PUBLISHED}'s films", "", *standing(cohort, seen))
    if predictions:
        table.add_row(PUBLISHED, "", *standing(cohort, list(_published(cohort, predictions))))
    return table


def _tell(trial: Trial, epoch: Epoch) -> None:
    sys.stderr.write(
        f"{trial.name}, without {trial.fold.collection}: epoch={epoch.epoch}"
        f" pixels={epoch.pixels} loss={epoch.loss:.4f} s={epoch.seconds}\n"
    )


def _nothing() -> None:
    """Tell nobody."""


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ablation", description=__doc__)
    parser.add_argument("films", type=Path, help="folder with labels.csv")
    parser.add_argument("--to", type=Path, required=True, help="folder of the runs and scores")
    parser.add_argument("--rows", nargs="*", default=[BASELINE, *ROWS], choices=[BASELINE, *ROWS])
    parser.add_argument("--predictions", type=Path, help="CSV of a published network")
    parser.add_argument("--epochs", type=int, help="instead of each recipe's own")
    parser.add_argument("--pixels", type=int, help="instead of each recipe's own")
    parser.add_argument("--folds", type=int, help="only so many, the largest collections first")
    parser.add_argument("--architecture", default=RADIOGRAPH.architecture, choices=ARCHITECTURES)
    parser.add_argument("--smallest", type=int, default=50, help="ordinary films of a collection")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
