"""Real films and their twins: what the network says, and what a really different window does."""

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.builders.tools import BESIDE, needs, needs_films
from tests.builders.twins import TWINS, Shown
from tests.unit.decode.headers import saved
from triage.decode.film import read
from triage.domain.film import Film
from triage.infer.bundle import load_bundle, shipped_bundle
from triage.infer.input import letterbox
from triage.infer.predictor import Predictor

pytestmark = needs_films

TWIN_FILMS, WINDOW_FILMS = 4, 40
SIDE = 448
"""The films beside the project are small; larger ones leave something to average."""

WINDOWS = {
    "width x 0.5": (0.0, 0.5),
    "width x 0.7": (0.0, 0.7),
    "width x 1.5": (0.0, 1.5),
    "center + 10 %": (0.1, 1.0),
    "center - 10 %": (-0.1, 1.0),
    "center + 20 %": (0.2, 1.0),
    "center - 20 %": (-0.2, 1.0),
}
"""Part of the width by which the center moves, and what the width is multiplied by."""


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    """The shipped bundle."""
    return Predictor(load_bundle(shipped_bundle()))


def adults() -> Iterator[Shown]:
    """Ordinary validation films of adults as 12-bit films, in the order of the list."""
    with (BESIDE / "cxr" / "labels.csv").open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["split"] == "val" and row["age"].isdigit() and int(row["age"]) >= 18
        ]
    for row in rows[:: len(rows) // WINDOW_FILMS]:
        gray = cv2.imread(str(BESIDE / row["file"]), cv2.IMREAD_GRAYSCALE)
        assert gray is not None
        larger = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        yield Shown(larger.astype(np.uint16) * 16, center=2048, width=4096)


def film(dataset: Dataset, folder: Path) -> Film:
    return read(saved(dataset, folder / "film"))


def probabilities(predictor: Predictor, film: Film) -> list[float]:
    return [finding.probability for finding in predictor.assess([film])[0].findings]


def farthest(some: list[float], others: list[float]) -> float:
    return max(abs(one - other) for one, other in zip(some, others, strict=True))


@pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS)
def test_twins_of_real_films_get_the_same_answer(
    predictor: Predictor, tmp_path: Path, twin: Callable[[Shown], Dataset]
) -> None:
    for shown, _ in zip(adults(), range(TWIN_FILMS), strict=False):
        plain, other = film(shown.dataset(), tmp_path), film(twin(shown), tmp_path)

        seen = letterbox(plain, 224)[0] - letterbox(other, 224)[0]
        assert float(seen.abs().max()) <= 1 / 255
        assert farthest(*(probabilities(predictor, one) for one in (plain, other))) <= 0.005


@needs("dcmcjpeg", "dcmcjpls")
@pytest.mark.parametrize("command", [("dcmcjpeg", "+e1"), ("dcmcjpls", "+el")], ids=str)
def test_what_dcmtk_compressed_without_loss_gets_the_same_answer(
    predictor: Predictor, tmp_path: Path, command: tuple[str, str]
) -> None:
    shown = next(adults())
    plain = saved(shown.dataset(), tmp_path / "plain")
    subprocess.run([*command, str(plain), str(tmp_path / "packed")], check=True)

    one, other = read(plain), read(tmp_path / "packed")

    assert np.array_equal(one.stored, other.stored)
    assert probabilities(predictor, one) == probabilities(predictor, other)


def test_what_another_window_does_is_measured(predictor: Predictor, tmp_path: Path) -> None:
    """No bound: a reader would see another picture too. Run with ``-s`` to see the table."""
    films = list(adults())
    before = [probabilities(predictor, film(shown.dataset(), tmp_path)) for shown in films]
    changes = {}
    for name, (moved, factor) in WINDOWS.items():
        windows = [Shown(s.values, s.center + moved * s.width, s.width * factor) for s in films]
        after = [probabilities(predictor, film(shown.dataset(), tmp_path)) for shown in windows]
        changes[name] = [farthest(*pair) for pair in zip(before, after, strict=True)]
        line = f"{name:<14} median {median(changes[name]):.3f}  largest {max(changes[name]):.3f}"
        sys.stdout.write(line + "\n")

    assert max(changes["width x 0.5"]) > 0.005  # the measurement sees a difference
