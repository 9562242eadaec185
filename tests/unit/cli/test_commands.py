"""The command line's border: exit codes, one line of error, and nothing loaded in vain."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from triage.cli.commands import COMMANDS, THREADS, run

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("TRIAGE_DATA__FOLDER", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize("arguments", [["nonsense"], ["explain"], ["status", "--nonsense"]])
def test_a_wrong_command_line_is_64(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 64
    assert capsys.readouterr().err.startswith("triage: ")


def test_a_wrong_setting_is_78(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIAGE_LISTENER__PROT", "1")

    assert run(["status"]) == 78
    assert capsys.readouterr().err == "triage: settings: listener.prot: unknown key\n"


def test_a_daemon_that_never_ran_is_78(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status"]) == 78
    assert str(data_folder / "triage.sqlite3") in capsys.readouterr().err


@pytest.mark.parametrize("command", [["status"], ["database", "upgrade"]])
def test_a_database_that_cannot_be_reached_is_69(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIAGE_DATABASE__URL", NOWHERE)

    assert run(command) == 69
    assert capsys.readouterr().err.startswith("triage: database: ")


@pytest.mark.parametrize("command", [["explain", "1.2"], ["requeue", "1.2"]])
def test_a_study_that_is_not_here_is_65(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(["database", "upgrade"])

    assert run(command) == 65
    assert capsys.readouterr().err == "triage: no study 1.2 is here\n"


def test_an_empty_database_has_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    run(["database", "upgrade"])

    assert run(["status"]) == 0
    assert "turned away at the door in 24 h: 0" in capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in shown] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"Usage: triage {name}" in capsys.readouterr().out


def test_help_loads_neither_network_nor_database() -> None:
    script = (
        "import sys; from triage.cli.commands import run; run(['--help']);"
        "sys.exit(bool({'torch', 'cv2', 'sqlalchemy', 'pydicom'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)

    assert done.returncode == 0


@pytest.mark.parametrize(("chosen", "kept"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "7"}, "7")])
def test_processes_that_the_daemon_starts_have_no_threads_that_spin(
    chosen: dict[str, str], kept: str
) -> None:
    script = (
        "import atexit, os, sys; from triage.cli.commands import main;"
        " sys.argv[1:] = ['--help'];"
        " atexit.register(lambda: print(os.environ['OPENBLAS_NUM_THREADS'])); main()"
    )
    others = {name: value for name, value in os.environ.items() if name not in THREADS}

    told = subprocess.check_output([sys.executable, "-c", script], text=True, env=others | chosen)

    assert told.splitlines()[-1] == kept
