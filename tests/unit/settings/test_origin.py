from pathlib import Path

import pytest

from triage.domain.errors import ConfigurationError
from triage.settings.origin import from_environment, read_toml


def test_a_file_goes_before_the_variable_that_it_stands_beside(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("sqlite:///kept\n", "utf-8")
    named = {"TRIAGE_DATABASE__URL": "shown", "TRIAGE_DATABASE__URL_FILE": str(tmp_path / "url")}

    assert from_environment(named) == {"database": {"url": "sqlite:///kept"}}


def test_other_variables_are_nobodys_business() -> None:
    assert from_environment({"PATH": "/bin", "TRIAGE_SETTINGS": "a.toml", "PACS__PORT": "1"}) == {}


def test_a_secret_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="TRIAGE_DATABASE__URL_FILE: "):
        from_environment({"TRIAGE_DATABASE__URL_FILE": str(tmp_path / "none")})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "triage.toml").write_text("[pacs", "utf-8")

    with pytest.raises(ConfigurationError, match=r"settings file .*triage\.toml"):
        read_toml(tmp_path / "triage.toml")
