"""What the product says of a film, and how far two such answers are apart."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from torch import Tensor

from triage.domain.assessment import Assessment, Placement, Refusal
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.infer.bundle import load_bundle, shipped_bundle
from triage.infer.input import letterbox
from triage.infer.look import look_at
from triage.infer.predictor import Predictor
from triage.infer.screener import load_screener, shipped_screener, verdict
from triage.infer.screening import Screening

PASSES = "passes"
_SAME_PLACE = 1.0
"""Pixels of the network's input: half a line of a film and rounding are less."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """All that is said of one film.

    Args:
        square: ``float32`` (size, size) within [0, 1], what the network sees.
        placement: where the film lies in and around it.
        probabilities: in the bundle's order of labels.
        flagged: labels that flag the film.
        measures: the screener's five.
        verdict: code of the refusal by pixels, or ``passes``.
        notes: what is noted of the pixels.
    """

    square: Tensor
    placement: Placement
    probabilities: tuple[float, ...]
    flagged: frozenset[str]
    measures: tuple[float, ...]
    verdict: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How far two answers are apart: largest differences, and what is another altogether.

    Args:
        gray: of a pixel of the network's input, which spans 1.
        border: the film is cut off elsewhere, by a pixel of the network's input or more.
        probability: of any label.
        measure: of the screener.
        flag, verdict, note: the answer is another.
    """

    gray: float
    border: bool
    probability: float
    measure: float
    flag: bool
    verdict: bool
    note: bool


class Jury:
    """The shipped bundle and screener, asked on the CPU."""

    def __init__(self) -> None:
        bundle = load_bundle(shipped_bundle())
        self._size = bundle.card.input.spec.size
        self._predictor = Predictor(bundle, "cpu")
        self._screener = load_screener(shipped_screener())

    def ask(self, films: Sequence[Film]) -> list[Answer]:
        """Ask everything of each film, also of those that a gate refuses."""
        pairs = zip(films, self._predictor.assess(films), strict=True)
        return [self._answer(film, assessment) for film, assessment in pairs]

    def _answer(self, film: Film, assessment: Assessment) -> Answer:
        likeness = self._screener.likeness(look_at(film))
        square, placement = letterbox(film, self._size)
        return Answer(
            square,
            placement,
            probabilities=tuple(finding.probability for finding in assessment.findings),
            flagged=frozenset(finding.label for finding in assessment.flagged),
            measures=astuple(likeness),
            verdict=_verdict(film, verdict(likeness, self._screener.limits)),
            notes=film.notes,
        )


def _verdict(film: Film, judged: Refusal | None) -> str:
    """Let the gates speak before the screener."""
    try:
        Screening(lambda _film: judged).screen(film)
    except UnassessableFilm as error:
        return str(error.refusal.code)
    return PASSES


def change(before: Answer, after: Answer) -> Change:
    """Compare the answers of two films that should be one."""
    return Change(
        gray=float((before.square - after.square).abs().max()),
        border=_moved_by(before.placement, after.placement) * len(before.square) > _SAME_PLACE,
        probability=_farthest(before.probabilities, after.probabilities),
        measure=_farthest(before.measures, after.measures),
        flag=before.flagged != after.flagged,
        verdict=before.verdict != after.verdict,
        note=before.notes != after.notes,
    )


def _moved_by(some: Placement, other: Placement) -> float:
    return max(
        abs(some.top - other.top),
        abs(some.left - other.left),
        abs(some.top + some.height - other.top - other.height),
        abs(some.left + some.width - other.left - other.width),
    )


def _farthest(some: Sequence[float], others: Sequence[float]) -> float:
    return max(abs(one - other) for one, other in zip(some, others, strict=True))
