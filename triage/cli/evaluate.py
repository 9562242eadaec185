"""``triage evaluate``: how good predictions or a bundle are, with intervals and pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from triage.cli.lists import label_lists
from triage.cli.options import (
    AsJson,
    Draws,
    LabelFiles,
    Only,
    Seed,
    SettingsFile,
    make_folder,
    pairs_of,
    print_json,
    settings_from,
    with_progress,
)
from triage.evaluate.cases import Question
from triage.evaluate.inquiry import Inquiry
from triage.evaluate.labels import Choice
from triage.evaluate.measures import Threshold
from triage.evaluate.pictures import save_pictures
from triage.evaluate.plain import plain
from triage.evaluate.predictions import save_predictions
from triage.evaluate.report import markdown, summary
from triage.evaluate.request import Answer, Request, Scored, answer, score_file
from triage.train.labels import film_path

Source = Annotated[
    Path, typer.Argument(metavar="PREDICTIONS|FOLDER", help="A CSV, or a folder of films.")
]
To = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the reports go.")]
Bundle = Annotated[
    Path | None, typer.Option(help="To be evaluated; for a CSV, whose thresholds to use.")
]
Given = Annotated[
    list[str] | None, typer.Option("--threshold", metavar="SCORE=VALUE", help="Not the bundle's.")
]
Compared = Annotated[
    list[str] | None,
    typer.Option("--compare", metavar="SCORE=LABEL", help="Hold a score against another label."),
]
ReaderFiles = Annotated[
    list[Path] | None, typer.Option("--readers", help="CSV with readers' answers, for kappa.")
]
Against = Annotated[Path | None, typer.Option(help="CSV of another model on the same films.")]
By = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Group films by this, too.")]
BoxFiles = Annotated[
    list[Path] | None,
    typer.Option("--boxes", help="CSV with radiologists' boxes: judge the heat maps by them."),
]
Labelled = Annotated[bool, typer.Option("--only-labelled", help="Leave other predictions out.")]


def evaluate(
    source: Source,
    *,
    to: To,
    labels: LabelFiles = None,
    bundle: Bundle = None,
    settings: SettingsFile = None,
    threshold: Given = None,
    compare: Compared = None,
    readers: ReaderFiles = None,
    against: Against = None,
    only: Only = None,
    by: By = None,
    boxes: BoxFiles = None,
    only_labelled: Labelled = False,
    draws: Draws = 1000,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure how good predictions are: report.md, report.json and three pictures.

    A folder of films is assessed by the bundle as the daemon would; what it refuses is left out.
    Without a threshold, one is chosen at specificity 0.80 on these films, and the report says so.
    With boxes, the films that have one are assessed, and their heat maps are measured instead:
    localisation.md, localisation.json and a sheet of films.
    """
    lists = label_lists(source, labels)
    choice = Choice(pairs_of("--only", only), tuple(by or ()))
    if boxes:
        _refuse_beside_boxes(source, compare, readers, against, by, threshold, only_labelled)
        inquiry = Inquiry(lists, choice, tuple(boxes), draws, seed)
        _localise(source, inquiry, to, settings, bundle, as_json=as_json)
        return
    pairs = tuple(Question(*pair) for pair in pairs_of("--compare", compare))
    given, read = _thresholds(threshold), tuple(readers or ())
    request = Request(lists, choice, pairs, given, read, against, only_labelled, draws, seed)
    scored = _scored(source, request, settings=settings, bundle=bundle)
    _tell(to, scored, answer(request, scored), as_json=as_json)


def _localise(
    source: Path,
    inquiry: Inquiry,
    to: Path,
    settings: Path | None,
    bundle: Path | None,
    *,
    as_json: bool,
) -> None:
    from triage.cli.localise import localise  # it needs the network

    choices = settings_from(settings)
    localise(source, inquiry, to=to, settings=choices, bundle=bundle, as_json=as_json)


def _scored(
    source: Path, request: Request, *, settings: Path | None, bundle: Path | None
) -> Scored:
    if source.is_dir():
        return _assess(source, request, settings=settings, bundle=bundle)
    return _read(source, request, bundle=bundle)


def _tell(to: Path, scored: Scored, found: Answer, *, as_json: bool) -> None:
    _write(to, scored, found)
    if as_json:
        print_json(plain(found.sample, found.evaluation))
    else:
        print(summary(found.sample, found.evaluation), to / "report.md", sep="\n")


def _read(source: Path, request: Request, *, bundle: Path | None) -> Scored:
    if bundle is None:
        return score_file(source, request, {})
    from triage.evaluate.films import bundle_thresholds  # torch takes seconds; a CSV needs none

    return score_file(source, request, bundle_thresholds(bundle))


def _assess(
    folder: Path, request: Request, *, settings: Path | None, bundle: Path | None
) -> Scored:
    from triage.evaluate.films import assess_films, bundle_thresholds, open_route

    choices = settings_from(settings)
    thresholds = bundle_thresholds(bundle or choices.model.bundle)
    labels = request.read_labels(frozenset(thresholds))
    paths = [film_path(film, folder) for film in labels.films]
    assessed = assess_films(open_route(choices, bundle), labels, with_progress(paths))
    return Scored(assessed.predictions, labels, thresholds, assessed.not_assessed)


def _write(to: Path, scored: Scored, found: Answer) -> None:
    make_folder(to)
    content = json.dumps(plain(found.sample, found.evaluation), indent=2, ensure_ascii=False)
    (to / "report.json").write_text(content + "\n", encoding="utf-8")
    (to / "report.md").write_text(markdown(found.sample, found.evaluation), encoding="utf-8")
    save_predictions(to / "predictions.csv", scored.predictions)
    save_pictures(to, found.cases, found.evaluation.results)


def _refuse_beside_boxes(source: Path, *others: object) -> None:
    if not source.is_dir():
        raise typer.BadParameter(f"--boxes: {source} is no folder of films, and has no heat maps")
    if any(others):
        raise typer.BadParameter(
            "--boxes goes with none of --compare, --readers, --against, --by, --threshold and"
            " --only-labelled"
        )


def _thresholds(texts: Sequence[str] | None) -> dict[str, Threshold]:
    found = {}
    for score, text in pairs_of("--threshold", texts):
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not 0 <= value <= 1:
            raise typer.BadParameter(f"--threshold {score}={text}: a probability from 0 to 1")
        found[score] = Threshold(value, "given")
    return found
