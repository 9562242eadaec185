import json
import shutil
from pathlib import Path

import pytest

from tests.unit.evaluate.lists import written
from tests.unit.evaluate.shelf import shelved
from tests.unit.infer.bundles import label, saved
from triage.cli.commands import run
from triage.infer.bundle import load_bundle, read_model


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with films and a tiny bundle of two labels."""
    folder = tmp_path_factory.mktemp("calibration")
    shelved(folder / "films")
    saved(folder / "bundle", label("tumour"), label("inflammation", threshold=0.4, flags=False))
    return folder


def calibrated(place: Path, to: Path, *options: str) -> int:
    bundle = ["--bundle", str(place / "bundle"), "--to", str(to), "--draws", "100"]
    return run(["calibrate", str(place / "films"), *bundle, *options])


def test_a_new_bundle_of_the_same_weights_is_written(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrated(place, tmp_path, "--version", "2") == 0

    told, new = capsys.readouterr(), load_bundle(tmp_path)
    assert told.err == ""
    assert new.model.version == "2"
    assert new.card.files == load_bundle(place / "bundle").card.files
    assert new.card.labels[0].scaling is not None
    assert "tiny 1 (" in told.out
    assert "1 films of the split train were left out.\n" in told.out
    assert f"thresholds of the weights {new.card.files.weights[:12]}\n{tmp_path}\n" in told.out


def test_a_label_that_no_file_answers_stays_as_it_is(place: Path, tmp_path: Path) -> None:
    assert calibrated(place, tmp_path) == 0

    assert load_bundle(tmp_path).card.labels[1] == load_bundle(place / "bundle").card.labels[1]


def test_json_names_both_bundles_and_the_weights(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        calibrated(place, tmp_path, "--json", "--specificity=0.6", "--urgent=specificity=0.9") == 0
    )

    told = json.loads(capsys.readouterr().out)
    assert told["base"]["digest"] == read_model(place / "bundle").digest
    assert told["made"]["digest"] == read_model(tmp_path).digest
    assert told["weights"] == load_bundle(tmp_path).card.files.weights
    assert [cut["wish"] for cut in told["calibrated"][0]["thresholds"]] == [
        "specificity 0.6",
        "specificity 0.9",
    ]


@pytest.mark.parametrize(
    ("options", "wish"),
    [
        (["--specificity", "0.7"], "specificity 0.7"),
        (["--sensitivity", "0.5"], "sensitivity 0.5"),
        (["--flag-rate", "0.4"], "flag-rate 0.4"),
    ],
)
def test_the_wish_is_kept_on_the_card(
    place: Path, tmp_path: Path, options: list[str], wish: str
) -> None:
    assert calibrated(place, tmp_path, "--scaling", "none", *options) == 0

    measured = load_bundle(tmp_path).card.labels[0].measured
    assert measured is not None
    assert (measured.wish, measured.patients) == (wish, 10)


def test_a_flag_rate_is_kept_with_its_interval_and_what_it_is_unseen(
    place: Path, tmp_path: Path
) -> None:
    assert calibrated(place, tmp_path, "--scaling", "none", "--flag-rate", "0.4") == 0

    measured = load_bundle(tmp_path).card.labels[0].measured
    assert measured is not None
    assert measured.reached == 0.4
    assert measured.flag_rate is not None
    assert measured.flag_rate[0] < 0.4 < measured.flag_rate[1]
    assert measured.unseen is not None


def test_the_card_for_people_keeps_its_limits_and_tells_of_the_calibration(
    place: Path, tmp_path: Path
) -> None:
    shutil.copytree(place / "bundle", tmp_path / "old")
    (tmp_path / "old/CARD.md").write_text("# tiny\n\nNot to be used for diagnosis.\n")
    for name in ("new", "again"):
        assert calibrated(place, tmp_path / name, "--bundle", str(tmp_path / "old")) == 0

    page, again = [(tmp_path / name / "CARD.md").read_text() for name in ("new", "again")]
    assert page == again
    assert page.startswith("# tiny\n\nNot to be used for diagnosis.\n\n## Calibrated: version 1-")
    assert "tumour, specificity 0.8" in page


def test_a_bundle_without_a_card_for_people_gets_one(place: Path, tmp_path: Path) -> None:
    assert calibrated(place, tmp_path) == 0

    assert (tmp_path / "CARD.md").read_text().startswith("## Calibrated: version 1-calibrated\n")


def test_the_same_films_give_the_same_bundle(place: Path, tmp_path: Path) -> None:
    folders = tmp_path / "first", tmp_path / "second"
    assert [calibrated(place, to) for to in folders] == [0, 0]

    assert len({read_model(to).digest for to in folders}) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--specificity", "80"], "--specificity 80: above 0 and below 1"),
        (["--specificity", "0.8", "--flag-rate", "0.1"], "--specificity and --flag-rate: one wish"),
        (["--urgent", "specificity"], "--urgent specificity: a name, =, and a value"),
        (["--urgent", "recall=0.9"], "--urgent recall=0.9: one of sensitivity, specificity, flag"),
        (["--urgent", "specificity=9"], "--urgent specificity=9: one of"),
        (["--scaling", "isotonic"], "'isotonic' is not one of"),
    ],
)
def test_an_option_that_makes_no_sense_is_64(
    place: Path,
    tmp_path: Path,
    options: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert calibrated(place, tmp_path, *options) == 64
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--label", "Hernia"], "label Hernia: one of tumour, inflammation"),
        (["--label", "inflammation"], "label inflammation: not among those that are calibrated"),
        (["--urgent", "flag-rate=0.9"], "tumour: the threshold of urgent flag-rate 0.9 is"),
        (["--only", "patient_id=dx_mass-0"], "tumour: 2 of 2 films have it"),
        (["--only", "split=test"], "0 films are chosen: at least 1"),
    ],
)
def test_a_wish_that_these_films_cannot_meet_is_65_and_writes_nothing(
    place: Path,
    tmp_path: Path,
    options: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert calibrated(place, tmp_path / "new", *options) == 65

    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_films_that_were_trained_on_are_used_only_if_asked_for(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrated(place, tmp_path, "--only", "split=train") == 65
    assert "gone.dcm: named in labels.csv" in capsys.readouterr().err


def test_a_folder_that_holds_a_bundle_is_never_written_to(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrated(place, place / "bundle") == 78
    assert "bundle holds a bundle already: name another folder" in capsys.readouterr().err


def test_an_imported_label_can_be_made_to_flag(place: Path, tmp_path: Path) -> None:
    silent = saved(tmp_path / "silent", label("tumour", flags=False), label("inflammation"))
    wishes = ["--specificity=0.6", "--urgent=specificity=0.9"]
    options = ["--bundle", str(silent), "--draws", "100", *wishes]
    films = str(place / "films")

    assert run(["calibrate", films, "--to", str(tmp_path / "a"), *options]) == 65
    assert run(["calibrate", films, "--to", str(tmp_path / "b"), *options, "--flag=tumour"]) == 0

    assert load_bundle(tmp_path / "b").card.labels[0].flags


def test_labels_without_patients_are_warned_of(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (place / "films/labels.csv").read_text().splitlines()[1:-1]
    cells = (row.split(",") for row in rows)
    files = written(tmp_path / "l.csv", "file,tumour", *(f"{c[0]},{c[3]}" for c in cells))

    assert calibrated(place, tmp_path / "new", "--labels", str(files)) == 0

    assert "The labels name no patients" in capsys.readouterr().out
