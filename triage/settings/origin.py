"""Where settings come from: one TOML file, the environment, and files that it names."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from triage.domain.errors import ConfigurationError

PREFIX = "TRIAGE_"


def read_toml(file: Path) -> dict[str, object]:
    """Read the settings file; ``ConfigurationError`` where it cannot be."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"settings file {file}: {error}") from error


def from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Read the variables that are settings, by section and key.

    Raises:
        ConfigurationError: a file that a variable names cannot be read.

    >>> from_environment({"TRIAGE_PACS__PORT": "104", "HOME": "/root"})
    {'pacs': {'port': '104'}}
    """
    sections: dict[str, dict[str, object]] = {}
    for name in sorted(environment):  # KEY comes before KEY_FILE, so that the file wins
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        if not name.startswith(PREFIX) or not separator:
            continue
        value = environment[name]
        if key.endswith("_file"):
            key, value = key.removesuffix("_file"), _read_secret(name, Path(value))
        sections.setdefault(section, {})[key] = value
    return sections


def _read_secret(name: str, file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: {error}") from error
