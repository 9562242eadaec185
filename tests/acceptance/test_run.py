"""``triage run FILE… --to FOLDER`` as a user meets it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from tests.builders.tools import beyond_the_source, needs
from triage.cli.run import name_outputs
from triage.decode.film import read

KEYS = {"file", "verdict", "reason", "view", "notes", "findings", "bundle", "outputs"}


@pytest.fixture(scope="module")
def inputs(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film, a hand, a picture of a film, a namesake, and a letter."""
    folder = tmp_path_factory.mktemp("inputs")
    for name in ("dx_mass.dcm", "cr_hand.dcm"):
        shutil.copy(samples / name, folder / name)
    picture = np.rint(read(samples / "cr_normal.dcm").render() * 255).astype(np.uint8)
    Image.fromarray(picture).save(folder / "picture.png")
    (folder / "again").mkdir()
    shutil.copy(samples / "dx_mass.dcm", folder / "again" / "dx_mass.dcm")
    (folder / "letter.txt").write_text("Dear colleague")
    return folder


@pytest.fixture(scope="module")
def done(inputs: Path, flagging_bundle: Path) -> "subprocess.CompletedProcess[str]":
    """One run over all of them."""
    names = ("dx_mass.dcm", "cr_hand.dcm", "picture.png", "again/dx_mass.dcm", "letter.txt")
    files = [str(inputs / name) for name in names]
    command = [sys.executable, "-m", "triage", "run", *files, "--to", str(inputs / "out"), "--json"]
    environment = {**os.environ, "TRIAGE_MODEL__BUNDLE": str(flagging_bundle)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def verdict(inputs: Path, name: str) -> dict[str, object]:
    """Read one verdict from the folder of results."""
    content: dict[str, object] = json.loads((inputs / "out" / f"{name}.json").read_text())
    return content


def test_an_unreadable_file_makes_the_exit_code_65(
    done: "subprocess.CompletedProcess[str]",
) -> None:
    assert done.returncode == 65
    assert done.stderr == ""


def test_every_file_has_its_verdict(done: "subprocess.CompletedProcess[str]", inputs: Path) -> None:
    verdicts = json.loads(done.stdout)

    assert [set(said) for said in verdicts] == [KEYS] * 5
    assert [said["verdict"] for said in verdicts] == [
        "assessed",
        "not_assessed",
        "assessed",
        "assessed",
        "not_assessed",
    ]
    assert json.loads((inputs / "out" / "dx_mass.json").read_text()) == verdicts[0]


@pytest.mark.usefixtures("done")
def test_a_dicom_film_gives_overlay_and_capture(inputs: Path) -> None:
    said = verdict(inputs, "dx_mass")

    assert said["outputs"] == ["dx_mass.png", "dx_mass.dcm"]
    assert said["view"] == "PA"
    assert dcmread(inputs / "out" / "dx_mass.dcm").Modality == "OT"


@pytest.mark.usefixtures("done")
def test_a_finding_names_probability_threshold_and_tier(inputs: Path) -> None:
    findings = verdict(inputs, "dx_mass")["findings"]

    assert isinstance(findings, list)
    assert set(findings[0]) == {"label", "probability", "threshold", "tier", "flagged"}
    assert {found["label"] for found in findings} >= {"tumour", "inflammation"}


@pytest.mark.usefixtures("done")
def test_the_overlay_has_the_films_resolution(inputs: Path) -> None:
    film = dcmread(inputs / "dx_mass.dcm", stop_before_pixels=True)
    scale = max(1.0, 768 / max(film.Rows, film.Columns))  # smaller films are enlarged to be legible

    rows, columns = (round(side * scale) for side in (film.Rows, film.Columns))

    with Image.open(inputs / "out" / "dx_mass.png") as overlay:
        page = np.asarray(overlay.convert("RGB"))

    below = page[rows:, :columns]  # empty, unless the table of findings is longer than the film
    assert np.ptp(page[rows - 1, :columns]) > 0
    assert (below == below[:1, :1]).all()
    assert page.shape[1] > columns


@pytest.mark.usefixtures("done")
def test_a_picture_gives_an_overlay_alone(inputs: Path) -> None:
    assert verdict(inputs, "picture")["outputs"] == ["picture.png"]


@pytest.mark.usefixtures("done")
def test_a_namesake_overwrites_nothing(inputs: Path) -> None:
    assert verdict(inputs, "dx_mass-2")["file"] == str(inputs / "again" / "dx_mass.dcm")


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize(("name", "code"), [("cr_hand", "body_part"), ("letter", "unreadable")])
def test_what_is_not_assessed_says_why(inputs: Path, name: str, code: str) -> None:
    said = verdict(inputs, name)
    reason = said["reason"]

    assert isinstance(reason, dict)
    assert reason["code"] == code
    assert said["outputs"] == []


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize(
    ("name", "notes"), [("picture", ["view unknown", "age unknown"]), ("dx_mass", [])]
)
def test_a_film_bears_the_notes_that_were_made_of_it_and_no_others(
    inputs: Path, name: str, notes: list[str]
) -> None:
    assert verdict(inputs, name)["notes"] == notes


def test_the_printed_line_ends_with_the_notes(inputs: Path, tmp_path: Path) -> None:
    film = dcmread(inputs / "dx_mass.dcm")
    film.WindowWidth = 0
    film.save_as(tmp_path / "noted.dcm")
    plain, noted = inputs / "dx_mass.dcm", tmp_path / "noted.dcm"

    command = [sys.executable, "-m", "triage", "run", str(plain), str(noted)]
    command += ["--to", str(tmp_path / "out")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second = ended.stdout.splitlines()

    assert "noted" not in first.removeprefix(str(plain))
    assert "; noted: window ignored: window width 0" in second.removeprefix(str(noted))


def test_the_printed_line_counts_the_findings_that_say_nothing(
    inputs: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "triage", "run", str(inputs / "dx_mass.dcm")]
    command += ["--to", str(tmp_path)]

    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert "tumour 0." in told
    assert "inflammation 0." in told
    assert "other findings below their thresholds" in told
    assert "Hernia" not in told


def test_the_folder_of_an_input_is_refused(tmp_path: Path, samples: Path) -> None:
    film = Path(shutil.copy(samples / "dx_mass.dcm", tmp_path / "film.dcm"))
    before = film.read_bytes()

    command = [sys.executable, "-m", "triage", "run", str(film), "--to", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 64
    assert film.read_bytes() == before


def test_an_invented_stem_is_taken_like_any_other() -> None:
    files = [Path("a/film.dcm"), Path("b/film.dcm"), Path("a/film-2.dcm")]

    stems = [stem for _, stem in name_outputs(files)]

    assert stems == ["film", "film-2", "film-2-2"]


def test_the_stems_of_pages_are_taken_too() -> None:
    files = [Path("a/film.dcm"), Path("b/film-page2.dcm"), Path("c/film.dcm")]

    stems = [stem for _, stem in name_outputs(files, pages=2)]

    assert stems == ["film", "film-page2-2", "film-2"]


def run_again(film: Path, to: Path, bundle: Path, **picture: str) -> None:
    """Assess one film in a process of its own."""
    chosen = {f"TRIAGE_PICTURE__{key.upper()}": value for key, value in picture.items()}
    environment = {**os.environ, "TRIAGE_MODEL__BUNDLE": str(bundle), **chosen}
    command = [sys.executable, "-m", "triage", "run", str(film), "--to", str(to)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.usefixtures("done")
def test_two_processes_write_the_same_bytes(
    inputs: Path, flagging_bundle: Path, tmp_path: Path
) -> None:
    run_again(inputs / "dx_mass.dcm", tmp_path, flagging_bundle)

    for name in ("dx_mass.png", "dx_mass.dcm"):
        assert (tmp_path / name).read_bytes() == (inputs / "out" / name).read_bytes()


@needs("dciodvfy", "dcentvfy")
def test_each_flagged_finding_has_its_page_where_a_site_wants_it(
    inputs: Path, flagging_bundle: Path, tmp_path: Path
) -> None:
    film, to = inputs / "dx_mass.dcm", tmp_path / "out"
    run_again(film, to, flagging_bundle, pages="3", compression="jpeg")

    said = json.loads((to / "dx_mass.json").read_text())["outputs"]
    assert said == ["dx_mass.png", "dx_mass.dcm", "dx_mass-page2.png", "dx_mass-page2.dcm"]
    first, second = (dcmread(to / name) for name in said[1::2])
    assert first.SeriesInstanceUID == second.SeriesInstanceUID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.LossyImageCompression == second.LossyImageCompression == "01"
    assert beyond_the_source(film, to / said[1]) | beyond_the_source(film, to / said[3]) == set()


def test_a_font_without_the_letters_stops_the_run_with_a_line(inputs: Path, tmp_path: Path) -> None:
    font = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    chosen = {"TRIAGE_PICTURE__LANGUAGE": "zh", "TRIAGE_PICTURE__FONT": str(font)}
    command = [sys.executable, "-m", "triage", "run", str(inputs / "dx_mass.dcm")]
    command += ["--to", str(tmp_path / "out")]

    ended = subprocess.run(
        command, env={**os.environ, **chosen}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 78
    (line,) = ended.stderr.splitlines()
    assert "picture.font" in line
    assert "no glyph for 人 (U+4EBA)" in line


@needs("dciodvfy", "dcentvfy")
@pytest.mark.usefixtures("done")
def test_validators_find_nothing_in_the_capture(inputs: Path) -> None:
    found = beyond_the_source(inputs / "dx_mass.dcm", inputs / "out" / "dx_mass.dcm")

    assert found == set()
