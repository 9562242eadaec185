"""``python -m tests.benchmarks.precision FOLDER``: what a shorter precision changes in answers.

The films are the validation films of a training folder that ``triage train`` would take. Each
precision is held against ``float32`` on the CPU, and must change no probability by more than
0.005 and no decision at the bundle's thresholds, on the scale that they stand on. The exit code
is always 0: a measurement.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from triage.infer.bundle import load_bundle, shipped_bundle
from triage.infer.card import Label
from triage.infer.precision import Precision, change
from triage.infer.predictor import Predictor
from triage.infer.seat import Engine
from triage.train.films import WHITE, load_examples
from triage.train.labels import read_labels
from triage.train.recipe import Recipe


def main(words: Sequence[str]) -> int:
    """Compare every precision on the films of a folder."""
    arguments = _arguments(words)
    bundle = load_bundle(arguments.bundle)
    films = [film for film in read_labels(arguments.films) if film.split == "val"]
    recipe = Recipe(pixels=bundle.card.input.size)
    squares = load_examples(films, recipe, advance=lambda: None).squares
    shown = squares.float() / WHITE
    labels = bundle.card.labels
    reference = judged(
        Predictor(bundle, "cpu", precision=Precision.FLOAT32).scored(shown)[0], labels
    )
    thresholds = torch.tensor([cut for label in labels for cut in cuts(label)], dtype=torch.float64)
    nearest = float((reference - thresholds).abs().min())
    say = sys.stdout.write
    say(f"{len(squares)} films, bundle {bundle.model.name} {bundle.model.version}; nearest")
    say(f" to a threshold {nearest:.2g}\n")
    for precision in Precision:
        predictor = Predictor(
            bundle, arguments.device, engine=arguments.engine, precision=precision
        )
        found = judged(predictor.scored(shown)[0], labels)
        moved = change(reference, found, thresholds)
        say(f"{predictor.way:<18} largest change {moved.probability:.2g},")
        verdict = "may be used" if moved.tolerable else "must not be used"
        say(f" decisions changed {moved.decisions}: {verdict}\n")
    return 0


def cuts(label: Label) -> tuple[float, ...]:
    """Return the thresholds that decide on a label: one, or that of urgent findings too."""
    return (label.threshold,) if label.urgent is None else (label.threshold, label.urgent.threshold)


def judged(scores: Tensor, labels: Sequence[Label]) -> Tensor:
    """Put (B, labels) on the scale that thresholds stand on, a column for each of ``cuts``."""
    columns = [
        score
        if label.scaling is None
        else torch.from_numpy(label.scaling.scaling.of(score.numpy()))
        for label, score in zip(labels, scores.double().T, strict=True)
        for _ in cuts(label)
    ]
    return torch.stack(columns, dim=1)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="precision", description=__doc__)
    parser.add_argument("films", type=Path, help="folder with labels.csv")
    parser.add_argument("--bundle", type=Path, default=shipped_bundle())
    parser.add_argument("--device", default="cpu", help="such as cuda")
    parser.add_argument("--engine", type=Engine, default=Engine.TORCH, choices=list(Engine))
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
