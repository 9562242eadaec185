"""The command line, run inside the test's process on the test's database."""

import json
from dataclasses import dataclass

import pytest

from triage.cli.commands import run


@dataclass(frozen=True, slots=True)
class Command:
    """Runs commands and keeps what they print."""

    captured: pytest.CaptureFixture[str]

    def code(self, *arguments: str) -> int:
        """Run one command and return its exit code."""
        return run(arguments)

    def text(self, *arguments: str) -> str:
        """Run one command, which succeeds, and return what it printed."""
        assert run(arguments) == 0
        return self.captured.readouterr().out

    def read(self, *arguments: str) -> object:
        """Run one command with ``--json`` and return what it printed."""
        return json.loads(self.text(*arguments, "--json"))
