"""``triage model import | show``."""

from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from triage.cli.options import AsJson, print_json
from triage.infer.bundle import CARD, read_model
from triage.infer.card import Card, Label, Training, read_card
from triage.infer.foreign.conversion import Imported, import_checkpoint
from triage.infer.foreign.formats import FORMATS

_LONGEST = 96
"""Letters of a line, as many as name and digest of a bundle take."""

model = typer.Typer(help="Make a bundle of another project's weights, or show what one says.")


@model.command("import")
def import_model(
    file: Annotated[Path, typer.Argument(help="The checkpoint, as its project publishes it.")],
    *,
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")],
    to: Annotated[Path, typer.Option(help="Folder for the bundle; it holds none yet.")],
) -> None:
    """Make a bundle of another project's checkpoint; nothing in the file is run.

    The bundle computes what the project computes. No label of it flags films before you say so.
    """
    if form not in FORMATS:
        raise typer.BadParameter(f"{form}: one of {', '.join(FORMATS)}")
    done = import_checkpoint(file, form, to)
    print(f"{file}: {FORMATS[form].project}, {done.tensors} tensors")
    for line in _dropped(done):
        print(line)
    show(to)
    print(
        "No label flags: nobody has measured on your films what it would flag. Let triage calibrate"
        f" measure it (--flag LABEL), or set threshold and flags in {to / CARD}; either makes"
        " another bundle with another digest."
    )


@model.command()
def show(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")], as_json: AsJson = False
) -> None:
    """Show what a bundle says of itself; the digests of its files are checked."""
    named, card = read_model(bundle), read_card(bundle / CARD)
    if as_json:
        print_json({"digest": named.digest, **card.model_dump(mode="json", exclude_none=True)})
        return
    print(f"bundle       {named.name} {named.version}  digest {named.digest}")
    for line in _lines(card):
        print(line)


def _dropped(done: Imported) -> list[str]:
    lines = [f"left out     {done.left_out}"] if done.left_out else []
    if done.untrained:
        lines.append(f"left out     {done.untrained} outputs that were never trained")
    return lines + [
        f"no head      {head}: the network has no output {', '.join(missing)}"
        for head, missing in done.absent.items()
    ]


def _lines(card: Card) -> list[str]:
    spec, calibration, training = card.input.spec, card.calibration, card.training
    black, white = spec.extremes
    seen = f"{_channels(spec.channels)}, black is {black:.4g}, white is {white:.4g}"
    return [
        f"network      {card.architecture}, {len(card.outputs)} outputs",
        f"input        {spec.size} x {spec.size} pixels, {seen}",
        f"calibration  {calibration.method}, temperature {calibration.temperature:g}",
        _wrapped("training", training.recipe),
        f"films        {_films(training)}",
        *(_wrapped("from", source) for source in training.sources),
        _wrapped("licence", card.licence),
        f"{'label':<26}  flags  threshold  sensitivity  specificity  AUROC  with+without",
        *(_label(label) for label in card.labels),
    ]


def _wrapped(name: str, text: str) -> str:
    """Write a text behind its name, in lines that a terminal does not break."""
    return fill(
        text,
        _LONGEST,
        initial_indent=f"{name:<13}",
        subsequent_indent=" " * 13,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _label(label: Label) -> str:
    notes = [f"any of {', '.join(label.any_of)}"] if label.any_of else []
    if label.operating_point is not None:
        notes.append(f"0.5 is p = {label.operating_point:.4g}")
    if (line := label.scaling) is not None:
        notes.append(f"{line.method} scaling {line.slope:.4g}, {line.intercept:.4g}")
    if label.urgent is not None:
        notes.append(f"urgent from {label.urgent.threshold:.3f}")
    measures = f"{_share(label.sensitivity):>11}  {_share(label.specificity):>11}"
    films = "-" if label.positives is None else f"{label.positives}+{label.negatives}"
    return (
        f"{label.name:<26}  {'yes' if label.flags else 'no':<5}  {label.threshold:>9.3f}  "
        f"{measures}  {_share(label.auroc):>5}  {films:<12}  {'; '.join(notes)}"
    ).rstrip()


def _channels(channels: int) -> str:
    return "1 channel" if channels == 1 else f"{channels} equal channels"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _films(training: Training) -> str:
    if training.films is None:
        return "how many is not said"
    return f"{training.films}, {training.validation_films or 0} to validate"
