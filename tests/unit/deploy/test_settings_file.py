"""``deploy/triage.toml`` says every setting, with its default."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from triage.settings import Settings, load_settings

FILE = Path(__file__).parents[3] / "deploy" / "triage.toml"
TLS = {("tls", "certificate"), ("tls", "key"), ("tls", "authorities")}
FONT = {("picture", "font")}
NAME = {("pacs", "tls_name")}
WORKLIST = {("worklist", key) for key in ("pacs", "mwl", "time_zone", "reports")}
PLACES = {("data", "folder"), ("database", "url"), ("model", "bundle")}
UNSAID = PLACES | TLS | FONT | NAME | WORKLIST
"""Settings whose default is a place of the user's, another setting, or nothing: shown commented."""


def keys_of(settings: Settings) -> set[tuple[str, str]]:
    sections = dict(settings)
    assert all(isinstance(section, BaseModel) for section in sections.values())
    return {
        (name, key)
        for name, section in settings.model_dump(by_alias=True).items()
        for key in section
    }


def uncommented() -> str:
    return re.sub(r"(?m)^#(\w+ = )", r"\1", FILE.read_text(encoding="utf-8"))


def test_the_file_as_it_comes_changes_nothing() -> None:
    assert load_settings(FILE, environment={}) == Settings()


def test_every_setting_is_in_the_file() -> None:
    said = {
        (name, key) for name, section in tomllib.loads(uncommented()).items() for key in section
    }

    assert said == keys_of(Settings())


def test_every_default_that_is_a_value_is_said() -> None:
    said = tomllib.loads(FILE.read_text(encoding="utf-8"))

    live = {(name, key) for name, section in said.items() for key in section}

    assert live == keys_of(Settings()) - UNSAID


def test_the_commented_examples_are_valid_too(tmp_path: Path) -> None:
    file = tmp_path / "triage.toml"
    file.write_text(uncommented(), encoding="utf-8")

    settings = load_settings(file, environment={})

    assert settings.data.folder == Path("/var/lib/triage")


@pytest.mark.parametrize("line", ["{ ae_title", "host = "])
def test_the_example_of_an_allow_list_stands_beside_its_setting(line: str) -> None:
    listener = FILE.read_text(encoding="utf-8").partition("[listener]")[2].partition("\n[")[0]

    assert line in listener
