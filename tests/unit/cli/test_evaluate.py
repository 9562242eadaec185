import json
import re
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from tests.unit.evaluate.lists import written
from tests.unit.infer.bundles import label, saved
from tests.unit.train.test_chestxray14 import entry, layout
from triage.cli.commands import run

MANUAL = Path(__file__).parents[3] / "docs" / "evaluation.md"
SAMPLES = Path(__file__).parents[3] / "sample_dicoms"
WRITTEN = {
    "calibration.png",
    "confusion.png",
    "predictions.csv",
    "report.json",
    "report.md",
    "roc.png",
}
FILMS = [(f"{n}.png", f"P{n // 2}", n % 3 == 0, n % 7 / 7 + 0.1 * (n % 3 == 0)) for n in range(60)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Predictions of sixty films, and their labels."""
    scores = (f"{film},{score:.3f}" for film, _, _, score in FILMS)
    written(tmp_path / "p.csv", "file,tumour", *scores)
    rows = (
        f"{film},{patient},{'PA' if n % 2 else 'AP'},{present:d}"
        for n, (film, patient, present, _) in enumerate(FILMS)
    )
    written(tmp_path / "l.csv", "file,patient_id,view,tumour", *rows)
    return tmp_path


def evaluated(folder: Path, *options: str) -> int:
    files = ["--labels", str(folder / "l.csv"), "--to", str(folder / "out"), "--draws", "100"]
    return run(["evaluate", str(folder / "p.csv"), *files, *options])


def test_predictions_give_reports_and_pictures(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated(folder) == 0

    assert {path.name for path in (folder / "out").iterdir()} == WRITTEN
    shown = capsys.readouterr().out
    assert shown.startswith("p.csv: 60 films of 30 patients\n")
    assert shown.endswith(f"{folder / 'out' / 'report.md'}\n")


def test_json_on_the_terminal_is_that_of_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated(folder, "--json") == 0

    saved_report = json.loads((folder / "out/report.json").read_text())
    assert json.loads(capsys.readouterr().out) == saved_report


def test_the_same_seed_gives_the_same_report(folder: Path) -> None:
    reports = []
    for _ in range(2):
        assert evaluated(folder) == 0
        reports.append((folder / "out/report.json").read_bytes())

    assert reports[0] == reports[1]


def test_a_threshold_can_be_given_or_taken_from_a_bundle(folder: Path) -> None:
    bundle = saved(folder / "bundle", label("tumour", threshold=0.3))
    thresholds = []
    for options in (["--bundle", str(bundle)], ["--threshold", "tumour=0.25"]):
        assert evaluated(folder, *options) == 0
        report = json.loads((folder / "out/report.json").read_text())
        thresholds.append(report["results"][0]["threshold"])

    assert [each["value"] for each in thresholds] == [0.3, 0.25]
    assert (
        sha256((bundle / "weights.safetensors").read_bytes()).hexdigest() in thresholds[0]["origin"]
    )
    assert thresholds[1]["origin"] == "given"


def test_a_bundle_with_one_other_byte_lends_no_threshold(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = saved(folder / "bundle", label("tumour")) / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")

    assert evaluated(folder, "--bundle", str(folder / "bundle")) == 78
    assert "weights.safetensors" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--threshold", "tumour=2"],
        ["--threshold", "tumour=high"],
        ["--threshold", "tumour"],
        ["--compare", "=tumour"],
        ["--only", "split"],
        ["--draws", "5"],
    ],
)
def test_an_option_that_makes_no_sense_is_64(folder: Path, options: list[str]) -> None:
    assert evaluated(folder, *options) == 64


def test_rows_with_an_empty_cell_can_be_chosen(folder: Path) -> None:
    rows = (f"{film},{'x' if n < 30 else ''},{p:d}" for n, (film, _, p, _) in enumerate(FILMS))
    written(folder / "l.csv", "file,remark,tumour", *rows)

    assert evaluated(folder, "--only", "remark=", "--only-labelled") == 0
    assert json.loads((folder / "out/report.json").read_text())["sample"]["films"] == 30


@pytest.mark.parametrize("options", [["--compare", "tumour=lump"], ["--only", "site=x"]])
def test_lists_that_do_not_fit_are_65(
    folder: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated(folder, *options) == 65
    assert capsys.readouterr().err.startswith("triage: ")


def test_predictions_want_labels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(folder / "p.csv"), "--to", str(folder / "out")]) == 64
    assert "--labels is missing" in capsys.readouterr().err


def test_a_target_that_is_a_file_is_78(folder: Path) -> None:
    (folder / "out").write_text("a letter")

    assert evaluated(folder) == 78


def test_a_bundle_is_evaluated_on_a_folder_of_films(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films = tmp_path / "films"
    shutil.copytree(SAMPLES, films, ignore=shutil.ignore_patterns("*.py", "*.csv", "__pycache__"))
    rows = ("cr_normal.dcm,0", "dx_infiltrate.dcm,0", "dx_mass.dcm,1", "cr_hand.dcm,0")
    written(films / "labels.csv", "file,tumour", *rows)
    bundle = saved(tmp_path / "bundle", label("tumour"))

    options = ["--bundle", str(bundle), "--to", str(tmp_path / "out"), "--draws", "100"]
    code = run(["evaluate", str(films), *options])

    told = capsys.readouterr()
    assert (code, told.err) == (0, "")
    assert "tiny 1 (" in told.out
    assert "1 films were not assessed" in (tmp_path / "out/report.md").read_text()
    assert len((tmp_path / "out/predictions.csv").read_text().splitlines()) == 4


def test_the_collections_own_layout_is_evaluated_on_its_test_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    films, test = tmp_path / "films", "00000003_000.png"
    shutil.copyfile(SAMPLES / "dx_mass.dcm", layout(films, entry(test, "Mass")) / "images" / test)
    options = ["--to", str(tmp_path / "out"), "--only", "split=test", "--draws", "100"]
    options += ["--bundle", str(saved(tmp_path / "bundle", label("tumour")))]

    assert run(["evaluate", str(films), *options]) == 0

    assert "1 films of 1 patients\n" in capsys.readouterr().out
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["results"][0]["positives"], report["results"][0]["films"]) == (1, 1)


def test_a_film_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path / "labels.csv", "file,tumour", "nowhere.png,1")

    assert run(["evaluate", str(tmp_path), "--to", str(tmp_path / "out")]) == 65
    assert "nowhere.png: named in labels.csv" in capsys.readouterr().err


def test_the_manual_names_every_option_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "--help"]) == 0

    helped = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", capsys.readouterr().out))
    manual = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", MANUAL.read_text(encoding="utf-8")))
    assert helped - {"--help", "--settings", "--json"} == manual
