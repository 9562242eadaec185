"""``bundle.toml``: what a bundle says of itself, checked when it is read."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from triage.domain.errors import ConfigurationError
from triage.infer.densenet import ARCHITECTURES
from triage.infer.input import IMAGENET_DEVIATION, IMAGENET_MEAN, InputSpec

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Channels = tuple[float, float, float]


class Section(BaseModel):
    """A table of ``bundle.toml``; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_Section = TypeVar("_Section", bound=Section)


class Input(Section):
    """What the network was trained to see; see ``InputSpec``."""

    size: Annotated[int, Field(ge=32, le=2048)] = 224
    mean: Channels = IMAGENET_MEAN
    deviation: tuple[Positive, Positive, Positive] = IMAGENET_DEVIATION

    @property
    def spec(self) -> InputSpec:
        """The same as a plain value."""
        return InputSpec(self.size, self.mean, self.deviation)


class Label(Section):
    """One output of the network.

    Args:
        name: what findings are called.
        flags: whether reaching the threshold returns the film to the PACS.
        threshold: probability from which the finding is reported, within [0, 1].
        sensitivity: at the threshold, on ``positives`` validation films.
        specificity: at the threshold, on ``negatives`` validation films.
        auroc: on the same films.
        positives: validation films with the finding.
        negatives: validation films without it.
        map_scale: contribution to the logit that a heat map draws as 1.
    """

    name: Annotated[str, Field(min_length=1)]
    flags: bool
    threshold: Fraction
    sensitivity: Fraction
    specificity: Fraction
    auroc: Fraction
    positives: Count
    negatives: Count
    map_scale: Positive


class Calibration(Section):
    """How logits become probabilities: ``sigmoid(logit / temperature)`` (Guo et al. 2017)."""

    method: Literal["identity", "temperature"] = "identity"
    temperature: Positive = 1.0


class Training(Section):
    """Where the weights come from: recipe, numbers of films, sources with their licences."""

    recipe: str
    films: Count
    validation_films: Count
    sources: tuple[str, ...]


class Golden(Section):
    """How closely the golden output must be reproduced, in units of the logit."""

    tolerance: Positive = 1e-3


class Files(Section):
    """SHA-256 of the other files of the bundle, in hex."""

    weights: Digest
    golden: Digest


class Description(Section):
    """A bundle without its files' digests: what training knows when it writes one."""

    name: Annotated[str, Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)]
    architecture: str
    licence: str
    input: Input
    calibration: Calibration = Calibration()
    training: Training
    golden: Golden = Golden()
    labels: Annotated[tuple[Label, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"architecture {self.architecture}: one of {', '.join(ARCHITECTURES)}")
        if len({label.name for label in self.labels}) < len(self.labels):
            raise ValueError("labels: each name once")
        return self


class Card(Description):
    """Everything in ``bundle.toml``."""

    files: Files


def read_card(path: Path) -> Card:
    """Read and check ``bundle.toml``; as ``read_section``."""
    return read_section(path, Card)


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
    return _toml(card.model_dump(mode="json"), prefix="")


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
