"""The README shows what is there."""

import re
from pathlib import Path

import pytest

from triage.cli import commands
from triage.settings import load_settings

HOUSE = Path(__file__).parents[3]
README = (HOUSE / "README.md").read_text(encoding="utf-8")
MOST_LINES = 130
LARGEST_PICTURE = 250_000


def test_it_stays_one_page() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_its_settings_are_valid_and_begin_in_shadow_mode(tmp_path: Path) -> None:
    file = tmp_path / "triage.toml"
    file.write_text(README.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")

    assert load_settings(file, environment={}).pacs.returns is False


def test_the_commands_that_it_names_exist() -> None:
    named = set(re.findall(r"(?:`|\$ )triage ([a-z]+)", README))

    assert named
    assert named <= commands.COMMANDS.keys()


def test_it_tells_every_exit_code() -> None:
    table = README.partition("| exit code |")[2].partition("\n\n")[0]

    told = {
        int(code) for row in re.findall(r"(?m)^\| ([\d, ]+) \|", table) for code in row.split(",")
    }

    assert told == {0} | {value for name, value in vars(commands).items() if name[:3] == "EX_"}


@pytest.mark.parametrize("place", sorted(set(re.findall(r"\]\(([^)]+)\)", README))))
def test_what_it_links_to_is_there(place: str) -> None:
    assert (HOUSE / place).exists()


def test_its_picture_is_small() -> None:
    assert (HOUSE / "docs" / "result.png").stat().st_size < LARGEST_PICTURE
