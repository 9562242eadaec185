from pathlib import Path

import pytest

from triage.cli.commands import run
from triage.infer.bundle import read_model, shipped_bundle


def settings(text: str, folder: Path) -> str:
    file = folder / "triage.toml"
    file.write_text(text, encoding="utf-8")
    return f"--settings={file}"


def test_valid_settings_name_the_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = run(["config", "check", settings("[listener]\nport = 11113\n", tmp_path)])

    digest = read_model(shipped_bundle()).digest
    assert code == 0
    assert digest[:12] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[listener]\nprot = 11113\n", "listener.prot"),
        ("[listener]\nport = 'many'\n", "listener.port"),
        ("[model]\nbundle = '/nowhere'\n", "/nowhere"),
        (
            "[tls]\ncertificate = '/c.pem'\nkey = '/k.pem'\nauthorities = '/a.pem'\n",
            "tls.certificate: /c.pem",
        ),
    ],
)
def test_what_is_wrong_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, named: str
) -> None:
    assert run(["config", "check", settings(text, tmp_path)]) == 78
    assert named in capsys.readouterr().err


def test_a_folder_that_others_may_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    given = settings(f"[data]\nfolder = '{tmp_path / 'data'}'\n", tmp_path)

    assert run(["config", "check", given]) == 78
    assert "has mode 755" in capsys.readouterr().err


def test_a_check_begins_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    assert run(["config", "check", settings(f"[data]\nfolder = '{folder}'\n", tmp_path)]) == 0
    assert not folder.exists()
