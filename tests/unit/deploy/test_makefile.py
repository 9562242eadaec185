"""The Makefile explains itself."""

import re
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[3]
RECIPES = re.findall(r"(?m)^\.PHONY: (.+)$", (HOUSE / "Makefile").read_text(encoding="utf-8"))[
    0
].split()


def make(*words: str) -> str:
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("recipe", RECIPES)
def test_help_has_a_sentence_for_each_recipe(recipe: str) -> None:
    assert re.search(rf"(?m)^  make {recipe} +[A-Z].*\.$", make("help"))


def test_make_alone_prints_the_help() -> None:
    assert make() == make("help")


def test_the_demo_is_given_what_the_user_names() -> None:
    said = make("-n", "demo", "FILES=a.dcm b.dcm", "PACS=orthanc", "LOAD=burst")

    assert '-m deploy.demo --pacs "orthanc" --return "all" --load "burst" -- a.dcm b.dcm' in said
