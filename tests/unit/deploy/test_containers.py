"""The Containerfile and the compose file: no root, no secrets, closed to strangers."""

import re
from pathlib import Path

import pytest

from triage.settings import load_settings

DEPLOY = Path(__file__).parents[3] / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
COMPOSE = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")


def compose_environment() -> dict[str, str]:
    found = re.findall(r"(?m)^ +(TRIAGE_\w+): (['\"])(.*)\2$", COMPOSE)
    return {name: value for name, _, value in found}


def test_the_daemon_is_not_root() -> None:
    users = re.findall(r"(?m)^USER (\S+)$", CONTAINERFILE)

    assert users == ["triage"]
    assert CONTAINERFILE.index("USER triage") < CONTAINERFILE.index("ENTRYPOINT")


def test_what_is_copied_into_the_image_is_named() -> None:
    copied = re.findall(r"(?m)^COPY (.+) \S+$", CONTAINERFILE)

    assert " ".join(copied).split() == [
        *("constraints.txt", "pyproject.toml", "README.md", "LICENSE"),
        *("migrations", "triage"),
    ]


@pytest.mark.parametrize("text", [CONTAINERFILE, COMPOSE], ids=["Containerfile", "compose.yaml"])
def test_no_secret_is_written_down(text: str) -> None:
    assert re.search(r"(?i)password|secret:|token|database__url", text) is None


def test_the_composed_settings_are_valid_and_begin_in_shadow_mode() -> None:
    settings = load_settings(None, environment=compose_environment())

    assert settings.pacs.returns is False
    assert {peer.ae_title for peer in settings.listener.allowed} == {"MODALITY", "ORTHANC"}


def test_every_port_is_reachable_from_this_machine_alone() -> None:
    ports = re.findall(r'(?m)^ +- "(\S+:\d+)"$', COMPOSE)

    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
