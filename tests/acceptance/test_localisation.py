"""``triage evaluate --boxes`` on a few real films with radiologists' boxes, as a user meets it."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.tools import BESIDE
from triage.domain.marked_box import SIDE
from triage.evaluate.localisation import MappedFilm, weights_of
from triage.evaluate.overlap import HALF, around, connected
from triage.pipeline import build_route
from triage.settings import load_settings

FILMS = BESIDE / "cxr"
LIST = FILMS / "labels.csv"
COLLECTION = BESIDE / "nih_labels" / "BBox_List_2017.csv"
FEW = 3
HEAD = "Image Index,Finding Label,Bbox [x,y,w,h],,,"

pytestmark = pytest.mark.skipif(not LIST.is_file(), reason=f"NO FILMS: {LIST} is absent")


def chosen(column: str, word: str) -> list[dict[str, str]]:
    """Return the rows of a few films of adults, all trained on, whose cell holds a word."""
    with LIST.open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "train" and word in r[column]]
    return [row for row in rows if row["age"].isdigit() and int(row["age"]) > 30][:FEW]


def localised(to: Path, boxes: Path, films: list[dict[str, str]]) -> dict[str, Any]:
    """Run the command as a program and return its report."""
    only = [word for row in films for word in ("--only", f"file={row['file']}")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "triage", "evaluate", str(FILMS), "--boxes", str(boxes)),
            *("--to", str(to), "--draws", "100", "--only", "split=train", *only),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads((to / "localisation.json").read_text())
    return report


def value(result: dict[str, Any], measure: str) -> float:
    found: float = result["estimates"]["map"][measure]["value"]
    return found


def own_rectangle(row: dict[str, str]) -> list[float]:
    """Draw the rectangle around the product's own map for tumour; empty without localisation."""
    assessed = build_route(load_settings(None, environment={})).assess(FILMS / row["file"][4:])
    weights = weights_of(MappedFilm("", assessed.film.shape, assessed.assessment), "tumour")
    if not weights.any():
        return []
    part = connected(weights >= HALF * weights.max(), weights >= weights.max())
    found = around(part)
    return [SIDE * side for side in (found.left, found.top, found.width, found.height)]


def test_boxes_of_both_kinds_are_found_in_the_labels(tmp_path: Path) -> None:
    films = [*chosen("rsna_boxes", " "), *chosen("nih_boxes", "Mass")]

    report = localised(tmp_path, LIST, films)

    sample, results = report["sample"], report["results"]
    assert sample["films"] + sum(sample["not_assessed"].values()) == len(films)
    assert {(r["source"], r["label"], r["map"]) for r in results} >= {
        ("RSNA", "Lung Opacity", "inflammation"),
        ("NIH", "Mass", "tumour"),
    }
    assert (tmp_path / "localisation.png").stat().st_size > 0
    said = (tmp_path / "localisation.md").read_text(encoding="utf-8")
    assert not [row for row in films if row["patient_id"] in said or row["orig"] in said]


def test_the_collections_own_list_says_the_same_as_the_labels(tmp_path: Path) -> None:
    films = chosen("nih_boxes", "Mass")

    one, other = (localised(tmp_path / path.stem, path, films) for path in (LIST, COLLECTION))

    ours, theirs = (
        [r for r in report["results"] if (r["label"], r["map"]) == ("Mass", "tumour")]
        for report in (one, other)
    )
    assert ours[0]["films"] == theirs[0]["films"] > 0
    assert value(ours[0], "iou") == pytest.approx(value(theirs[0], "iou"), abs=0.005)


def test_a_box_around_the_map_itself_is_found_and_one_beside_it_is_not(tmp_path: Path) -> None:
    drawn = ((film, own_rectangle(film)) for film in chosen("nih_boxes", "Mass"))
    film, (left, top, width, height) = next((film, box) for film, box in drawn if box)
    beside = (0 if left > SIDE / 2 else SIDE - 1, 0 if top > SIDE / 2 else SIDE - 1, 1, 1)

    results = []
    for name, box in (("on", (left, top, width, height)), ("beside", beside)):
        path = tmp_path / f"{name}.csv"
        line = ",".join([film["orig"], "Mass", *(f"{side}" for side in box)])
        path.write_text(f"{HEAD}\n{line}\n")
        found = localised(tmp_path / name, path, [film])["results"]
        results += [result for result in found if result["map"] == "tumour"]

    on, off = ([value(r, m) for m in ("pointing", "box_iou")] for r in results)
    assert on == [1.0, pytest.approx(1.0)]
    assert off == [0.0, pytest.approx(0.0, abs=1e-3)]
