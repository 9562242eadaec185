import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from triage.cli.options import (
    make_folder,
    pairs_of,
    print_json,
    who,
    with_progress,
)
from triage.domain.errors import ConfigurationError


def test_json_writes_times_in_iso_8601(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": datetime(2026, 1, 5, 12, tzinfo=UTC), "name": "肺"})

    shown = capsys.readouterr().out
    assert json.loads(shown) == {"at": "2026-01-05T12:00:00+00:00", "name": "肺"}
    assert "肺" in shown


def test_an_operator_is_named_by_the_account() -> None:
    assert who().startswith("operator:")


def test_a_pair_is_cut_at_its_first_sign() -> None:
    assert pairs_of("--only", ["a=b=c", "remark="]) == (("a", "b=c"), ("remark", ""))


@pytest.mark.parametrize("text", ["split", "=train"])
def test_a_pair_without_name_or_sign_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"--only .*: a name, =, and a value"):
        pairs_of("--only", [text])


def test_every_path_is_counted_and_none_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [Path("a"), Path("b")]

    assert list(with_progress(paths)) == paths
    assert capsys.readouterr().err == ""


def test_a_folder_is_made_unless_something_is_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("a letter")

    make_folder(tmp_path / "new/deep")

    assert (tmp_path / "new/deep").is_dir()
    with pytest.raises(ConfigurationError, match=r"--to .*letter"):
        make_folder(tmp_path / "letter")
