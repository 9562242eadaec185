"""``triage echo`` and ``triage doctor`` as they are typed: what is printed, and the exit code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.command import Command
from tests.builders.examined import Obedient
from tests.builders.free_port import free_port
from tests.builders.scripted import Script, ScriptedPacs, Talk, scripted_pacs
from triage.cli.commands import run
from triage.send.message import C_ECHO_RQ


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.setenv("TRIAGE_DATA__FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("TRIAGE_PACS__TIMEOUT_S", "1")
    monkeypatch.setenv("TRIAGE_LISTENER__PORT", str(free_port()))
    return Command(capsys)


@pytest.fixture
def pacs(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedPacs]:
    """The PACS of the settings."""
    with scripted_pacs(Obedient()) as running:
        monkeypatch.setenv("TRIAGE_PACS__PORT", str(running.peer.port))
        yield running


def rejecting(talk: Talk) -> None:
    talk.reject(1, 1, 3)


def mute(talk: Talk) -> None:
    talk.hang()


def test_an_echo_by_title_is_answered(command: Command, pacs: ScriptedPacs) -> None:
    assert command.text("echo", "PACS").startswith(f"{pacs.peer}: 0x0000 (")


def test_an_echo_in_full_is_told_as_json(command: Command, pacs: ScriptedPacs) -> None:
    told = command.read("echo", str(pacs.peer))

    assert isinstance(told, dict)
    assert 0 < told.pop("ms") < 1000
    assert told == {
        "peer": str(pacs.peer),
        "tls": False,
        "step": "echo",
        "tried": "C-ECHO",
        "answer": "0x0000",
        "verdict": "ok",
        "change": None,
    }


@pytest.mark.parametrize("script", [rejecting, mute, Obedient({C_ECHO_RQ: 0x0122})])
def test_an_echo_in_vain_is_69_and_says_what_to_change(command: Command, script: Script) -> None:
    with scripted_pacs(script) as running:
        code = command.code("echo", f"X@127.0.0.1:{running.peer.port}")

    assert code == 69
    assert "\n  change: " in command.captured.readouterr().out


@pytest.mark.parametrize("name", ["echo", "doctor"])
def test_an_ipv6_address_is_told_so_that_it_can_be_pasted_back(command: Command, name: str) -> None:
    peer = f"X@[::1]:{free_port()}"

    assert command.code(name, peer) == 69
    told = command.captured.readouterr().out
    assert told.startswith(peer)
    assert f" the port in {peer}" in told


@pytest.mark.parametrize("name", ["echo", "doctor"])
def test_nobody_of_that_name_is_64(command: Command, name: str) -> None:
    assert command.code(name, "NOBODY") == 64


@pytest.mark.parametrize("name", ["echo", "doctor"])
def test_tls_without_a_certificate_is_78(command: Command, name: str) -> None:
    assert command.code(name, "PACS", "--tls") == 78


def test_the_doctor_tells_each_step(command: Command, pacs: ScriptedPacs) -> None:
    lines = command.text("doctor").splitlines()

    assert lines[0] == f"{pacs.peer}, plain DICOM"
    assert lines[1].startswith("  ok      C-ECHO: 0x0000 (")
    assert lines[2].startswith("  ok      Secondary Capture: Explicit VR Little Endian, Implicit")
    assert len(lines) == 8


@pytest.mark.usefixtures("pacs")
def test_the_doctor_stores_where_it_may_and_tells_as_json(command: Command) -> None:
    told = command.read("doctor", "PACS", "--store")

    assert isinstance(told, list)
    assert [step["step"] for step in told[0]["steps"]][-4:] == [
        "store",
        "commitment",
        "find",
        "move",
    ]
    assert told[0]["well"] is True


def test_all_that_are_configured_are_examined_and_one_that_is_ill_is_69(
    command: Command, pacs: ScriptedPacs, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f'[{{"ae_title": "CHEST", "host": "127.0.0.1", "port": {free_port()}}}]'
    monkeypatch.setenv("TRIAGE_PACS__FURTHER", other)

    assert run(["doctor"]) == 69
    said = command.captured.readouterr().out
    assert f"{pacs.peer}, plain DICOM\n  ok " in said
    assert "change: nobody listens there: correct port of CHEST in pacs.further" in said
