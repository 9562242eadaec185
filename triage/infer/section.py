"""Tables of TOML files that say what a bundle or a screener is, read and written."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from triage.domain.errors import ConfigurationError


class Section(BaseModel):
    """A table; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_Section = TypeVar("_Section", bound=Section)


def read_section(path: Path, kind: type[_Section]) -> _Section:
    """Read and check a TOML file of a bundle or a screener.

    Raises:
        ConfigurationError: no such file, no TOML, or the first key that is wrong.
    """
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path}: no such file; a bundle holds one") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: no valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {key} {first['input']!r:.80}: {first['msg']}") from error


def card_text(card: Section) -> str:
    """Write a card as TOML, in an order that never changes."""
    return _toml(card.model_dump(mode="json", exclude_none=True), prefix="")


def _toml(table: Mapping[str, object], prefix: str) -> str:
    plain = {key: value for key, value in table.items() if not _nested(value)}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines.append(f"\n[{prefix}{key}]\n" + _toml(value, f"{prefix}{key}."))
        elif _nested(value) and isinstance(value, list):
            lines += [f"\n[[{prefix}{key}]]\n" + _toml(v, f"{prefix}{key}.") for v in value]
    return "".join(lines)


def _nested(value: object) -> bool:
    of_tables = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    return of_tables or isinstance(value, Mapping)
