"""``bundle.toml``: what a bundle says of itself, checked when it is read."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from triage.domain.scaling import Scaling
from triage.infer.densenet import ARCHITECTURES
from triage.infer.gradcam import LEAST_SCALE
from triage.infer.input import IMAGENET_DEVIATION, IMAGENET_MEAN, InputSpec
from triage.infer.precision import Change, Precision
from triage.infer.section import Section, read_section

Fraction = Annotated[float, Field(ge=0, le=1)]
Inside = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Means = Annotated[tuple[float, ...], Field(min_length=1, max_length=3)]
Interval = tuple[Fraction, Fraction]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Deviations = Annotated[tuple[Positive, ...], Field(min_length=1, max_length=3)]


class Input(Section):
    """What the network was trained to see; see ``InputSpec``."""

    size: Annotated[int, Field(ge=32, le=2048)] = 224
    mean: Means = IMAGENET_MEAN
    deviation: Deviations = IMAGENET_DEVIATION

    @model_validator(mode="after")
    def _one_per_channel(self) -> Self:
        _ = self.spec  # refuses what no network sees
        return self

    @property
    def spec(self) -> InputSpec:
        """The same as a plain value."""
        return InputSpec(self.size, self.mean, self.deviation)


class Line(Section):
    """How a label's probability becomes a frequency; see ``domain.scaling``."""

    method: Literal["temperature", "platt"]
    slope: Positive
    intercept: Finite = 0.0

    @property
    def scaling(self) -> Scaling:
        """The same as a plain value."""
        return Scaling(self.slope, self.intercept)


class Unseen(Section):
    """What thresholds do to patients that they were not chosen on; absent where undefined.

    Args:
        sensitivity, specificity: each fifth of the patients by what the others gave.
        flag_rate: share of all films that are called, likewise.
    """

    sensitivity: Fraction | None = None
    specificity: Fraction | None = None
    flag_rate: Fraction | None = None


class Measured(Section):
    """What a threshold does on the films that it was chosen on, where ``calibrate`` chose it.

    Args:
        wish: what was asked for, such as ``specificity 0.8``.
        patients: that the films belong to.
        reached: share of the films that reach the threshold.
        sensitivity, specificity, flag_rate: at 95 %, from draws of patients; absent where
            undefined.
        unseen: the same on patients that it was not chosen on.
    """

    wish: Annotated[str, Field(min_length=1)]
    patients: Count
    reached: Fraction | None = None
    sensitivity: Interval | None = None
    specificity: Interval | None = None
    flag_rate: Interval | None = None
    unseen: Unseen | None = None


class Urgent(Section):
    """A second, higher threshold; a flagged finding that reaches it is urgent.

    Args:
        threshold: within [0, 1].
        sensitivity, specificity: at the threshold, on the label's validation films.
        measured: where from.
    """

    threshold: Fraction
    sensitivity: Fraction | None = None
    specificity: Fraction | None = None
    measured: Measured | None = None


class Label(Section):
    """One output of the network, or a head made of several.

    What was not measured is absent.

    Args:
        name: what findings are called.
        flags: whether reaching the threshold returns the film to the PACS.
        threshold: probability from which the finding is reported, within [0, 1].
        sensitivity, specificity: at the threshold, on validation films with and without it.
        auroc: on the same films.
        positives, negatives: how many they are.
        map_scale: contribution to the logit that a heat map draws as 1; absent where none is
            known, and then no place is drawn.
        any_of: the outputs that a head is made of, see ``heads``; absent for an output.
        operating_point: the network's probability that is stretched to 0.5, see
            ``calibration.stretched``; ``threshold`` is compared after that.
        scaling: applied last; ``threshold`` is compared after it.
        measured: where ``threshold`` comes from.
        urgent: absent where no finding is more than flagged.
    """

    name: Annotated[str, Field(min_length=1)]
    flags: bool
    threshold: Fraction
    sensitivity: Fraction | None = None
    specificity: Fraction | None = None
    auroc: Fraction | None = None
    positives: Count | None = None
    negatives: Count | None = None
    map_scale: Positive | None = None
    any_of: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    operating_point: Inside | None = None
    scaling: Line | None = None
    measured: Measured | None = None
    urgent: Urgent | None = None

    @field_validator("map_scale")
    @classmethod
    def _known(cls, scale: float | None) -> float | None:
        # Older cards say 1e-6 where the maps of nearly all films were empty.
        return scale if (scale or 0) > LEAST_SCALE else None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.urgent is not None and not (self.flags and self.urgent.threshold > self.threshold):
            raise ValueError(
                f"urgent threshold of {self.name} {self.urgent.threshold:g}: above the threshold"
                f" {self.threshold:g}, of a label that flags"
            )
        return self


class Calibration(Section):
    """How logits become probabilities: ``sigmoid(logit / temperature)`` (Guo et al. 2017)."""

    method: Literal["identity", "temperature"] = "identity"
    temperature: Positive = 1.0


class Training(Section):
    """Where the weights come from: recipe, numbers of films, sources with their licences.

    A number that nobody told is absent.
    """

    recipe: str
    films: Count | None = None
    validation_films: Count | None = None
    sources: tuple[str, ...]


class Golden(Section):
    """How closely the golden output must be reproduced, in units of the logit."""

    tolerance: Positive = 1e-3


class Proof(Section):
    """What a precision changed beside ``float32``, measured on validation films.

    Args:
        device: the kind that it was measured on, or the engine beside torch.
        precision: of the layers before the head.
        films, largest_change: how many were compared, and of any probability.
        decisions_changed: probabilities that came to the other side of their threshold.
    """

    device: Literal["cpu", "cuda", "openvino"]
    precision: Precision
    films: Annotated[int, Field(ge=1)]
    largest_change: Fraction
    decisions_changed: Count

    @property
    def holds(self) -> bool:
        """Whether the precision may be used."""
        return Change(self.largest_change, self.decisions_changed).tolerable


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
    proofs: tuple[Proof, ...] | None = None
    labels: Annotated[tuple[Label, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"architecture {self.architecture}: one of {', '.join(ARCHITECTURES)}")
        if len({label.name for label in self.labels}) < len(self.labels):
            raise ValueError("labels: each name once")
        for head in self.labels:
            names = head.any_of or ()
            for name in sorted(set(names).difference(self.outputs)):
                raise ValueError(f"any_of of {head.name}: {name} is no output of the network")
            if len(set(names)) < len(names):
                raise ValueError(f"any_of of {head.name}: each output once")
        return self

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the network's logits are called, in their order."""
        return tuple(label.name for label in self.labels if label.any_of is None)

    @property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """For each label the numbers of the logits that it is made of."""
        number = {name: place for place, name in enumerate(self.outputs)}
        return tuple(
            tuple(number[name] for name in label.any_of or (label.name,)) for label in self.labels
        )

    def proven(self, device: str) -> tuple[Precision, ...]:
        """Name the precisions that may be used on a kind of device, in the card's order."""
        held = (proof for proof in self.proofs or () if proof.holds)
        return tuple(proof.precision for proof in held if proof.device == device)


class Card(Description):
    """Everything in ``bundle.toml``."""

    files: Files


def read_card(path: Path) -> Card:
    """Read and check ``bundle.toml``; as ``read_section``."""
    return read_section(path, Card)
