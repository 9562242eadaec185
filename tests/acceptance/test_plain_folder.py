"""``triage evaluate`` on the folder as it is: films of every collection, some labels unknown."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from tests.builders.tools import BESIDE

FILMS = BESIDE / "cxr"
EACH = 4
CHILDREN_TOO = {"TRIAGE_SCREENING__MINIMUM_AGE_YEARS": "0", "TRIAGE_SCREENING__PIXELS": "false"}

pytestmark = pytest.mark.skipif(
    not (FILMS / "labels.csv").is_file(), reason="NO LABELLED FILMS: ../shared/cxr is absent"
)


def some() -> Iterator[str]:
    """Name a few validation films of each collection and answer on inflammation."""
    with (FILMS / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    for dataset in sorted({row["dataset"] for row in rows}):
        for answer in ("0", "1", ""):
            named = (
                r["file"] for r in rows if (r["dataset"], r["inflammation"]) == (dataset, answer)
            )
            yield from islice(named, EACH)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    to = tmp_path_factory.mktemp("plain")
    only = [f"--only=file={name}" for name in some()]
    words = [str(FILMS), "--to", str(to), "--only", "split=val", *only, "--draws", "100"]
    command = [sys.executable, "-m", "triage", "evaluate", *words]
    environment = {**os.environ, **CHILDREN_TOO}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((to / "report.json").read_text())
    return found


def counts(report: dict[str, Any], label: str) -> tuple[int, int]:
    found = next(each for each in report["results"] if each["label"] == label)
    return found["positives"], found["films"]


def test_films_of_every_collection_are_evaluated(report: dict[str, Any]) -> None:
    assert report["sample"]["not_assessed"] == {}
    assert report["sample"]["films"] == 5 * EACH  # NIH and Guangzhou both answers, Hannover none
    assert counts(report, "inflammation") == (2 * EACH, 4 * EACH)


def test_what_is_unknown_of_a_collection_counts_nowhere(report: dict[str, Any]) -> None:
    for label in ("tumour", "Mass", "Pneumonia"):
        assert counts(report, label)[1] == 2 * EACH
