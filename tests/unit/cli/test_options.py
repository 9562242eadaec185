import json
from datetime import UTC, datetime

import pytest

from triage.cli.options import print_json, who


def test_json_writes_times_in_iso_8601(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": datetime(2026, 1, 5, 12, tzinfo=UTC), "name": "肺"})

    shown = capsys.readouterr().out
    assert json.loads(shown) == {"at": "2026-01-05T12:00:00+00:00", "name": "肺"}
    assert "肺" in shown


def test_an_operator_is_named_by_the_account() -> None:
    assert who().startswith("operator:")
