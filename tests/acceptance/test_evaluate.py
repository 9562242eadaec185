"""``triage evaluate`` on the published reproduction's predictions, as a user meets it."""

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.tools import BESIDE
from triage.evaluate.agreement import agreement
from triage.evaluate.labels import Choice, read_labels
from triage.evaluate.listing import read_listing

LISTS = BESIDE / "nih_labels"
PREDICTIONS = LISTS / "peer_chexnet_repro_preds_22433.csv.gz"
COLLECTION = LISTS / "Data_Entry_2017_v2020.csv.gz"
OPACITY = LISTS / "rsna_radiologist_labels_by_nih_image.csv.gz"
FOLDER = BESIDE / "cxr/labels.csv"
EXPERTS = LISTS / "google2019_nih-chest-xray-labels.csv.gz"

pytestmark = pytest.mark.skipif(not LISTS.is_dir(), reason=f"NO LABELS: {LISTS} is absent")


def evaluate(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the command as a program."""
    command = [sys.executable, "-m", "triage", "evaluate", *map(str, arguments), "--draws", "100"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Evaluate the reproduction once, with few draws; the figures do not depend on them."""
    to = tmp_path_factory.mktemp("reproduction")
    labels = [word for path in (COLLECTION, OPACITY, EXPERTS) for word in ("--labels", path)]
    done = evaluate(PREDICTIONS, *labels, "--readers", EXPERTS, "--to", to)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((to / "report.json").read_text())
    return found


def result(report: dict[str, Any], label: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in report["results"] if each["label"] == label)
    return found


def test_the_mean_of_the_fourteen_findings_is_the_published_one(report: dict[str, Any]) -> None:
    mean = report["means"]["mean of 14 findings"]

    assert mean["value"] == pytest.approx(0.838, abs=0.001)
    assert mean["interval"][0] < 0.838 < mean["interval"][1]


@pytest.mark.parametrize(
    ("label", "area", "films"),
    [
        ("tumour", 0.792, 22433),
        ("inflammation", 0.736, 22433),
        ("Lung Opacity", 0.831, 5366),
        ("Nodule or mass", 0.859, 935),
        ("Airspace opacity", 0.868, 935),
    ],
)
def test_heads_rank_the_collections_and_radiologists_labels(
    report: dict[str, Any], label: str, area: float, films: int
) -> None:
    found = result(report, label)

    assert found["measures"]["auroc"]["value"] == pytest.approx(area, abs=0.001)
    assert found["films"] == films


def test_patients_are_drawn_and_counted(report: dict[str, Any]) -> None:
    sample = report["sample"]

    assert (sample["films"], sample["patients"], sample["patients_known"]) == (22433, 6187, True)
    assert sample["unpredicted"] == 112120 - 22433


def test_films_are_reported_by_view_sex_and_age(report: dict[str, Any]) -> None:
    of_tumour = [part for part in report["groups"] if part["label"] == "tumour"]

    assert {part["dimension"] for part in of_tumour} == {"view", "sex", "age"}
    for dimension in ("view", "sex", "age"):
        films = [part["films"] for part in of_tumour if part["dimension"] == dimension]
        assert sum(films) == 22433


def test_inflammation_is_ranked_better_at_the_bedside_on_the_collections_labels(
    report: dict[str, Any],
) -> None:
    gap = next(each for each in report["pa_against_ap"] if each["label"] == "inflammation")

    assert gap["difference"]["interval"][1] < 0


def test_model_labels_and_expert_are_compared(report: dict[str, Any]) -> None:
    pairs = [pair for pair in report["agreement"] if pair["label"] == "tumour"]

    assert [(pair["first"], pair["second"], pair["films"]) for pair in pairs] == [
        ("model", "labels", 22433),
        ("model", "google2019_nih-chest-xray-labels", 935),
        ("labels", "google2019_nih-chest-xray-labels", 935),
    ]


@pytest.mark.parametrize(
    ("head", "expert", "kappa"),
    [("tumour", "Nodule or mass", 0.41), ("inflammation", "Airspace opacity", 0.29)],
)
def test_mined_labels_agree_poorly_with_experts(head: str, expert: str, kappa: float) -> None:
    choice = Choice(truths=frozenset({head, expert}))
    truths = read_labels([read_listing(EXPERTS)], choice).truths
    both = truths[head] * 2 + truths[expert]

    found = agreement(
        [[(both == 0).sum(), (both == 1).sum()], [(both == 2).sum(), (both == 3).sum()]]
    )

    assert found.count == 4376
    assert found.kappa == pytest.approx(kappa, abs=0.005)


@pytest.mark.skipif(not FOLDER.is_file(), reason="NO LABELLED FILMS: ../shared/cxr is absent")
def test_published_predictions_meet_the_films_of_the_folder(tmp_path: Path) -> None:
    only = ("--only", "split=val", "--only", "in_peer_testfold=1", "--only-labelled")

    done = evaluate(
        PREDICTIONS, "--labels", FOLDER, *only, "--against", PREDICTIONS, "--to", tmp_path
    )

    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["sample"]["films"] == 228
    of_tumour = [each for each in report["against"] if each["label"] == "tumour"]
    assert [(each["films"], each["difference"]) for each in of_tumour] == [(228, 0.0)]
    parts = [part for part in report["groups"] if part["label"] == "tumour"]
    kinds = {part["group"]: part["films"] for part in parts if part["dimension"] == "rsna"}
    assert kinds == {"ordinary": 52, "read as Normal": 176}


def test_films_that_a_list_contradicts_are_not_evaluated_in_silence(tmp_path: Path) -> None:
    written = tmp_path / "p.csv"
    with gzip.open(OPACITY, "rt", encoding="utf-8") as file:
        films = sorted({row["nih_image"] for row in csv.DictReader(file)})
    written.write_text("file,inflammation\n" + "".join(f"{film},0.5\n" for film in films))

    done = evaluate(written, "--labels", COLLECTION, "--labels", OPACITY, "--to", tmp_path / "out")

    assert done.returncode == 65
    assert "predicted films that a label file answers in several ways" in done.stderr
