import json
from pathlib import Path

import pytest
import torch
from torchvision.models import densenet121

from tests.builders.traps import Trap
from tests.unit.infer.bundles import head, label, saved
from triage.cli.commands import run
from triage.infer.bundle import load_bundle, read_model, shipped_bundle
from triage.infer.card import Line, Urgent


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "model.pth.tar"
    state = {f"module.{name}": t for name, t in densenet121(num_classes=14).state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, path)
    return path


def test_an_imported_checkpoint_is_shown_and_loads(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["model", "import", str(checkpoint), "--format=arnoweng", "--to", str(tmp_path)])

    told = capsys.readouterr().out.splitlines()
    assert code == 0
    assert told[0] == f"{checkpoint}: arnoweng/CheXNet, 727 tensors"
    assert told[1] == "left out     epoch"
    assert told[2].endswith(load_bundle(tmp_path).model.digest)
    assert told[-1].startswith("No label flags: ")
    assert str(tmp_path / "bundle.toml") in told[-1]


def test_show_says_what_the_network_sees_and_what_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["model", "show", str(shipped_bundle())]) == 0

    told = capsys.readouterr().out
    assert "160 x 160 pixels, 3 equal channels, black is -2.118, white is 2.64" in told
    assert "films        8902, 225 to validate\nfrom         NIH ChestX-ray14" in told
    assert (
        "tumour                      yes        0.274        0.318        0.801  0.683  44+181"
        in told
    )


def test_no_line_of_show_is_longer_than_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["model", "show", str(shipped_bundle())]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(line.startswith(" " * 13) for line in lines) > 3


def test_show_says_what_a_head_is_made_of_and_what_nobody_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = head("tumour", "Mass", "Nodule", operating_point=0.04)
    saved(tmp_path, made, label("Mass"), label("Nodule"))

    run(["model", "show", str(tmp_path)])

    (line,) = (row for row in capsys.readouterr().out.splitlines() if row.startswith("tumour"))
    assert line.split()[:7] == ["tumour", "no", "0.500", "-", "-", "-", "-"]
    assert line.endswith("any of Mass, Nodule; 0.5 is p = 0.04")


def test_show_says_how_a_label_is_scaled_and_from_where_it_is_urgent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    update = {"scaling": Line(method="platt", slope=0.7), "urgent": Urgent(threshold=0.9)}
    saved(tmp_path, label("tumour").model_copy(update=update))

    run(["model", "show", str(tmp_path)])

    assert "  platt scaling 0.7, 0; urgent from 0.900\n" in capsys.readouterr().out


def test_show_prints_json_with_the_digest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["model", "show", str(saved(tmp_path)), "--json"])

    told = json.loads(capsys.readouterr().out)
    assert told["digest"] == read_model(tmp_path).digest
    assert told["labels"][0]["name"] == "tumour"


def test_code_in_a_checkpoint_is_bad_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "checkpoint"
    torch.save({"model": Trap(tmp_path / "sprung")}, path)

    code = run(["model", "import", str(path), "--format=jrzech", "--to", str(tmp_path / "to")])

    assert code == 65
    assert f"triage: {path}: the pickle asks for 'posix.mkdir'" in capsys.readouterr().err
    assert not (tmp_path / "sprung").exists()


def test_an_unknown_format_is_a_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["model", "import", "x", "--format=keras", "--to", str(tmp_path)])

    assert code == 64
    assert "keras: one of zoogzog, arnoweng, jrzech, torchxrayvision-all" in capsys.readouterr().err


def test_a_folder_that_is_no_bundle_is_78(tmp_path: Path) -> None:
    assert run(["model", "show", str(tmp_path)]) == 78
