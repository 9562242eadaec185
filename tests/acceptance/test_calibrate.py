"""``triage calibrate`` on real films, and what the new bundle then says of them."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.tools import BESIDE
from triage.infer.bundle import load_bundle, shipped_bundle

FILMS = BESIDE / "cxr"
EVERY = 5
HEAD = "inflammation"
NEEDED = ("file", "patient_id", "age", "split", HEAD)

pytestmark = pytest.mark.skipif(
    not (FILMS / "labels.csv").is_file(), reason="NO LABELLED FILMS: ../shared/cxr is absent"
)


def triage(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "triage", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every fifth ordinary validation film, listed in ``labels.csv``."""
    folder = tmp_path_factory.mktemp("calibration")
    with (FILMS / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    ordinary = [row for row in rows if row["dataset"].startswith("NIH")]
    chosen = [row for row in ordinary if row["rsna_class"] != "Normal"][::EVERY]
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, NEEDED, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(chosen)
    return folder


@pytest.fixture(scope="module")
def told(place: Path) -> dict[str, Any]:
    wishes = ("--specificity", "0.7", "--urgent", "specificity=0.9")
    options = ("--labels", place / "labels.csv", "--label", HEAD, "--to", place / "new", "--json")
    done = triage("calibrate", FILMS, *options, *wishes)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def answers(place: Path, told: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What ``evaluate`` says of the same films with the new bundle, and the truth."""
    options = ("--labels", place / "labels.csv", "--to", place / "report", "--draws", "100")
    done = triage("evaluate", FILMS, "--bundle", place / "new", *options)
    assert done.returncode == 0, done.stderr
    with (place / "labels.csv").open(encoding="utf-8") as file:
        truth = {row["file"]: row[HEAD] == "1" for row in csv.DictReader(file)}
    with (place / "report/predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == told["films"]
    return np.array([float(row[HEAD]) for row in rows]), np.array([truth[r["file"]] for r in rows])


def test_the_thresholds_do_what_was_wished_with_the_new_bundle(
    told: dict[str, Any], answers: tuple[NDArray[np.float64], NDArray[np.bool_]]
) -> None:
    scores, present = answers

    cuts = told["calibrated"][0]["thresholds"]
    reached = [float((scores[~present] < cut["threshold"]).mean()) for cut in cuts]
    assert reached == [cut["seen"]["specificity"]["value"] for cut in cuts]
    assert reached[0] >= 0.7
    assert reached[1] >= 0.9


def test_the_new_bundle_loads_with_the_same_network_and_another_digest(
    place: Path, told: dict[str, Any]
) -> None:
    old, new = load_bundle(shipped_bundle()), load_bundle(place / "new")

    assert new.card.files == old.card.files
    assert new.model.digest == told["made"]["digest"] != told["base"]["digest"] == old.model.digest
    assert new.card.labels[0] == old.card.labels[0]
    assert new.card.labels[1].scaling is not None
    assert new.card.labels[1].urgent is not None


def test_a_film_of_the_training_set_is_left_out(place: Path, tmp_path: Path) -> None:
    text = (place / "labels.csv").read_text(encoding="utf-8").replace(",val,", ",train,")
    (tmp_path / "labels.csv").write_text(text, encoding="utf-8")

    done = triage("calibrate", FILMS, "--labels", tmp_path / "labels.csv", "--to", tmp_path / "new")

    assert done.returncode == 65
    assert "0 films are chosen: at least 1" in done.stderr
    assert not (tmp_path / "new").exists()
