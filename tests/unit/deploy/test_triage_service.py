"""The systemd unit: valid, locked up, and patient when the daemon drains."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from triage.cli.commands import EX_CONFIG
from triage.daemon.supervisor import DRAIN_S

UNIT = Path(__file__).parents[3] / "deploy" / "triage.service"
TRIAGE = Path(sys.executable).with_name("triage")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="NOT INSTALLED: systemd-analyze"
)


@pytest.fixture
def service() -> dict[str, str]:
    """The section [Service]; of a key that comes twice the last."""
    section = UNIT.read_text().partition("[Service]\n")[2].partition("\n[")[0]
    lines = [line for line in section.splitlines() if line and not line.startswith("#")]
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


@needs_systemd
def test_systemd_finds_nothing_to_say(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/triage/bin/triage", str(TRIAGE)))

    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_daemon_has_time_to_drain(service: dict[str, str]) -> None:
    assert service["KillSignal"] == "SIGTERM"
    assert float(service["TimeoutStopSec"]) > DRAIN_S


def test_a_wrong_setting_is_not_tried_again(service: dict[str, str]) -> None:
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == str(EX_CONFIG)


def test_the_data_folder_is_the_state_directory(service: dict[str, str]) -> None:
    assert service["Environment"] == "TRIAGE_DATA__FOLDER=%S/triage"
    assert (service["StateDirectory"], service["StateDirectoryMode"]) == ("triage", "0700")


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("DynamicUser", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("UMask", "0077"),
        ("SystemCallFilter", "@system-service"),
    ],
)
def test_the_daemon_is_locked_up(service: dict[str, str], directive: str, value: str) -> None:
    assert service[directive] == value
