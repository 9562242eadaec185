import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.unit.evaluate.lists import written
from tests.unit.infer.bundles import label, saved
from triage.cli.commands import run

HEAD = "file,orig,patient_id,split,nih_boxes"
WRITTEN = {"localisation.json", "localisation.md", "localisation.png"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four noisy squares of four patients with boxes, and a bundle of a tiny network."""
    written(tmp_path / "triage.toml", "[screening]", "pixels = false")
    noise = np.random.default_rng(3)
    films = tmp_path / "films"
    films.mkdir()
    for number in range(4):
        picture = noise.integers(0, 256, (96, 96), dtype=np.uint8)
        cv2.imwrite(str(films / f"{number}.png"), picture)
    rows = [f"{n}.png,original{n}.png,P{n},val,Mass 64 64 512 512" for n in range(4)]
    written(films / "labels.csv", HEAD, *rows)
    saved(tmp_path / "bundle", label("tumour"), label("inflammation"))
    return tmp_path


def localised(folder: Path, *options: str) -> int:
    boxes = () if "--boxes" in options else ("--boxes", str(folder / "films/labels.csv"))
    own = ["--bundle", str(folder / "bundle"), "--settings", str(folder / "triage.toml")]
    to = ["--to", str(folder / "out"), "--draws", "100"]
    return run(["evaluate", str(folder / "films"), *own, *to, *boxes, *options])


def test_maps_are_held_against_boxes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert localised(folder) == 0

    assert {path.name for path in (folder / "out").iterdir()} == WRITTEN
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("tiny 1 (")
    assert "NIH Mass, by tumour  4 " in told.out
    assert told.out.endswith(f"{folder / 'out' / 'localisation.md'}\n")


def test_json_on_the_terminal_is_that_of_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert localised(folder, "--json") == 0

    kept = json.loads((folder / "out/localisation.json").read_text())
    assert json.loads(capsys.readouterr().out) == kept
    assert kept["results"][0]["films"] == 4


def test_the_same_films_give_the_same_bytes(folder: Path) -> None:
    found = []
    for _ in range(2):
        assert localised(folder) == 0
        found.append([(folder / "out" / name).read_bytes() for name in sorted(WRITTEN)])

    assert found[0] == found[1]


def test_boxes_may_lie_in_a_list_of_their_own(folder: Path) -> None:
    head = "Image Index,Finding Label,Bbox [x,y,w,h],,,"
    listed = written(folder / "b.csv", head, "original2.png,Nodule,0,0,99,99")

    assert localised(folder, "--boxes", str(listed)) == 0
    kept = json.loads((folder / "out/localisation.json").read_text())
    assert [(r["label"], r["films"]) for r in kept["results"]] == [("Nodule", 1)]


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        ("Mass 900 0 200 9", "of 0.png: within the film's 1024 x 1024 pixels"),
        ("Mass 9 9 -9 9", "of 0.png: width and height above 0"),
        ("Hernia 9 9 9 9", "0 boxes have a map of tiny 1"),
    ],
)
def test_boxes_that_do_not_fit_are_65(
    folder: Path, box: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = written(folder / "b.csv", "file,nih_boxes", f"0.png,{box}")

    assert localised(folder, "--boxes", str(listed)) == 65
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--compare", "tumour=Mass"], ["--by", "view"], ["--only-labelled"]]
)
def test_what_ranks_films_does_not_go_with_boxes(folder: Path, options: list[str]) -> None:
    assert localised(folder, *options) == 64


def test_predictions_have_no_maps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = written(folder / "p.csv", "file,tumour", "0.png,0.5")
    labels = str(folder / "films/labels.csv")

    code = run(
        ["evaluate", str(scores), "--labels", labels, "--boxes", labels, "--to", str(folder)]
    )

    assert code == 64
    assert "is no folder of films, and has no heat maps" in capsys.readouterr().err
