"""What is said of one film: findings, heat maps, or why nothing is said."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class RefusalCode(StrEnum):
    """Why a film is not assessed; the values are stable and are counted in reports."""

    MODALITY = "modality"
    FOR_PROCESSING = "for_processing"
    LATERAL = "lateral"
    BODY_PART = "body_part"
    UNDER_AGE = "under_age"
    NO_PIXELS = "no_pixels"
    SEVERAL_FRAMES = "several_frames"
    COLOR = "color"
    TRANSFER_SYNTAX = "transfer_syntax"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    DECODER = "decoder"
    CONTRADICTION = "contradiction"
    SIZE = "size"
    ASPECT = "aspect"
    BLANK = "blank"
    SATURATED = "saturated"
    INVERTED = "inverted"
    ROTATED = "rotated"
    NOT_FRONTAL_CHEST = "not_frontal_chest"
    OWN_RESULT = "own_result"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    NO_RESULT = "no_result"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a film is not assessed: a stable code and one sentence without patient data."""

    code: RefusalCode
    sentence: str


class Tier(StrEnum):
    """Where a probability stands; none of the words says that a film is normal."""

    BELOW = "below_threshold"
    ABOVE = "above_threshold"
    FLAGGED = "flagged"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Finding:
    """One label's probability beside the threshold it is held against.

    Args:
        label: the bundle's name of the finding, such as ``tumour``.
        probability: calibrated, within [0, 1].
        threshold: the bundle's threshold, within [0, 1].
        tier: ``FLAGGED`` where the threshold is reached by a label that flags a film,
            ``URGENT`` where such a label reaches its second threshold too, ``ABOVE`` where the
            threshold is reached by any other label.

    Raises:
        ValueError: the probability is not a number within [0, 1].
    """

    label: str
    probability: float
    threshold: float
    tier: Tier

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"probability of {self.label} {self.probability}: within [0, 1]")

    @property
    def flagged(self) -> bool:
        """The finding alone is a reason to return the film to the PACS."""
        return self.tier in (Tier.FLAGGED, Tier.URGENT)


@dataclass(frozen=True, slots=True)
class Margins:
    """Borders that were cut off, as fractions of the film's sides, each within [0, 1)."""

    top: float = 0.0
    bottom: float = 0.0
    left: float = 0.0
    right: float = 0.0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the whole film lies in the network's input, as fractions of the input's sides.

    The film without its margins keeps its aspect and is centred within [0, 1]; the rest of the
    input is empty. The margins are not in the input: the film may reach beyond [0, 1].

    Args:
        top, left: of the film's first row and column, negative where margins were cut.
        height, width: of the film, above 0; above 1 where margins were cut.
        margins: the parts of the film that the network was not shown.

    Raises:
        ValueError: the film has no extent.
    """

    top: float
    left: float
    height: float
    width: float
    margins: Margins = Margins()

    def __post_init__(self) -> None:
        if not min(self.height, self.width) > 0:
            raise ValueError(f"placement of {self.height} x {self.width}: above 0")


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap:
    """Where the evidence for one label lies (Grad-CAM, Selvaraju et al. 2017).

    Args:
        label: the finding that is explained.
        weights: ``float32`` (rows, columns) within [0, 1] over the network's input;
            1 is the contribution that the bundle calls strong, never the map's own maximum.
        placement: where the film lies in and around that input.
    """

    label: str
    weights: NDArray[np.float32]
    placement: Placement

    @property
    def localises(self) -> bool:
        """Some place speaks for the label; an all-zero map is "no localisation"."""
        return bool(self.weights.any())


@dataclass(frozen=True, slots=True)
class Model:
    """The bundle that made an assessment; ``digest`` is the SHA-256 of its contents in hex."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that one bundle says of one film; ``heat_maps`` holds one map per finding."""

    model: Model
    findings: tuple[Finding, ...]
    heat_maps: tuple[HeatMap, ...]

    @property
    def flagged(self) -> tuple[Finding, ...]:
        """The flagged findings: urgent ones first, then by how far they exceed their threshold."""
        found = [finding for finding in self.findings if finding.flagged]
        return tuple(sorted(found, key=_rank))

    def heat_map(self, label: str) -> HeatMap | None:
        """Return the map of ``label``, or ``None`` where there is none."""
        return next((heat for heat in self.heat_maps if heat.label == label), None)


def _rank(finding: Finding) -> tuple[bool, float]:
    return finding.tier is not Tier.URGENT, finding.threshold - finding.probability
