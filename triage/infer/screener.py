"""The screener: is a film a frontal chest film, upright, and in the right polarity?

A folder inside the package holds it::

    screener.toml           limits, training, and the digests of the files below
    weights.safetensors     the network with its statistics of frontal films
    golden.safetensors      an input with the output that it must give
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field
from safetensors.torch import save_file
from torch import Tensor

from triage.domain.assessment import Refusal, RefusalCode
from triage.domain.errors import ConfigurationError
from triage.infer.card import Files, Fraction, Positive
from triage.infer.checkpoint import check_digests, read_tensors, sha256
from triage.infer.golden import WHITE, pattern
from triage.infer.likeness import SIZE, Likeness, LikenessNetwork, measure, reduced
from triage.infer.look import Look
from triage.infer.section import Section, card_text, read_section

CARD, WEIGHTS, GOLDEN = "screener.toml", "weights.safetensors", "golden.safetensors"
_TOLERANCE = 1e-3
_LIKELY = 0.5


class Limits(Section):
    """From where a film is refused; see ``Likeness``.

    Args:
        upright: least probability of an upright frontal chest film.
        strangeness: largest distance of the features.
        residual: largest unexplained part of the thumbnail.
    """

    upright: Fraction
    strangeness: Positive
    residual: Fraction


class Origin(Section):
    """Where the screener comes from: recipe, films, sources with their licences, measurement."""

    recipe: str
    films: Annotated[int, Field(ge=0)]
    sources: tuple[str, ...]
    measured: str


class ScreenerCard(Section):
    """Everything in ``screener.toml``."""

    limits: Limits
    training: Origin
    files: Files


@dataclass(frozen=True, slots=True, eq=False)
class Screener:
    """A loaded screener; asked many times.

    Args:
        network: in evaluation mode, on the CPU.
        limits: what its measures are held against.
    """

    network: LikenessNetwork
    limits: Limits

    def likeness(self, look: Look) -> Likeness:
        """Measure a film."""
        return Likeness(*measure(self.network, reduced(look.square[None]))[0].tolist())

    def judge(self, look: Look) -> Refusal | None:
        """Say why a film must not be assessed, or ``None`` for an upright frontal chest film."""
        return verdict(self.likeness(look), self.limits)


def verdict(found: Likeness, limits: Limits) -> Refusal | None:
    """Hold measures against their limits; a wrong polarity is told before a turn.

    What is probably a turned or inverted frontal film is named so; whatever else misses a
    limit is no frontal chest film.
    """
    if found.upright < limits.upright and found.inverted > _LIKELY:
        return Refusal(
            RefusalCode.INVERTED,
            f"The film looks inverted with a probability of {found.inverted:.3f}:"
            f" a frontal chest film needs {limits.upright:.3f} for being upright and not inverted.",
        )
    if found.upright < limits.upright and found.turned > _LIKELY:
        return Refusal(
            RefusalCode.ROTATED,
            f"The film looks turned with a probability of {found.turned:.3f}:"
            f" a frontal chest film needs {limits.upright:.3f} for being upright.",
        )
    for measured, limit, is_within in _checks(found, limits):
        if not is_within:
            return Refusal(
                RefusalCode.NOT_FRONTAL_CHEST,
                f"The film is not taken for a frontal chest film: {measured}, the limit is"
                f" {limit:.3f}.",
            )
    return None


def _checks(found: Likeness, limits: Limits) -> tuple[tuple[str, float, bool], ...]:
    """List measure, limit and whether it is kept; NaN keeps none."""
    return (
        (f"probability {found.upright:.3f}", limits.upright, found.upright >= limits.upright),
        (
            f"distance {found.strangeness:.3f}",
            limits.strangeness,
            found.strangeness <= limits.strangeness,
        ),
        (
            f"unexplained part {found.residual:.3f}",
            limits.residual,
            found.residual <= limits.residual,
        ),
    )


def shipped_screener() -> Path:
    """Return the folder of the screener inside the package."""
    return Path(__file__).parent / "screener_shipped"


def load_screener(folder: Path) -> Screener:
    """Load a screener and prove it by its golden output.

    Raises:
        ConfigurationError: a file is missing or is not the recorded one, the card is no valid
            TOML or lacks a key, the tensors do not fit, or the golden output does not reproduce.
    """
    card = read_section(folder / CARD, ScreenerCard)
    check_digests(folder, {WEIGHTS: card.files.weights, GOLDEN: card.files.golden})
    network = _network(read_tensors(folder / WEIGHTS))
    _refuse_difference(network, read_tensors(folder / GOLDEN))
    return Screener(network, card.limits)


def save_screener(
    folder: Path, network: LikenessNetwork, *, limits: Limits, training: Origin
) -> None:
    """Write a screener; a folder that is absent is made, one in it is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({n: t.contiguous() for n, t in network.state_dict().items()}, folder / WEIGHTS)
    save_file(_golden(network), folder / GOLDEN)
    files = Files(weights=sha256(folder / WEIGHTS), golden=sha256(folder / GOLDEN))
    card = ScreenerCard(limits=limits, training=training, files=files)
    (folder / CARD).write_text(card_text(card), encoding="utf-8")


def _network(tensors: dict[str, Tensor]) -> LikenessNetwork:
    components = tensors.get("components")
    network = LikenessNetwork(0 if components is None else len(components))
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise ConfigurationError(f"screener: the tensors do not fit: {error}") from error
    return network.eval().requires_grad_(requires_grad=False)


def _golden(network: LikenessNetwork) -> dict[str, Tensor]:
    square = pattern(SIZE)
    return {"input": square, "output": measure(network, square[None].float() / WHITE)}


def _refuse_difference(network: LikenessNetwork, golden: dict[str, Tensor]) -> None:
    for name in sorted({"input", "output"} - golden.keys()):
        raise ConfigurationError(f"screener golden: tensor {name} is missing")
    found = measure(network, golden["input"][None].float() / WHITE)
    difference = float(
        ((found - golden["output"]) / golden["output"].abs().clamp_min(1)).abs().max()
    )
    # Written so that NaN is refused too.
    if not difference <= _TOLERANCE:
        raise ConfigurationError(
            f"screener golden output differs by {difference:.3g}: at most {_TOLERANCE:g}"
        )
