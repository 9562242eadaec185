"""Commands on a database with rows."""

from pathlib import Path

import pytest

from tests.builders.command import Command


@pytest.fixture
def command(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """The command line, told of the test's database by its environment."""
    monkeypatch.setenv("TRIAGE_DATABASE__URL", database_url)
    monkeypatch.setenv("TRIAGE_DATA__FOLDER", str(tmp_path / "data"))
    return Command(capsys)
