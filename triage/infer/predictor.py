"""Films in, assessments out: one forward pass gives probabilities and every heat map."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from triage.domain.assessment import (
    Assessment,
    Finding,
    HeatMap,
    Placement,
    Refusal,
    RefusalCode,
    Tier,
)
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.infer.bundle import Bundle
from triage.infer.calibration import probabilities, stretched
from triage.infer.card import Label
from triage.infer.gradcam import strengths
from triage.infer.heads import any_of, head_maps
from triage.infer.input import letterbox, shows_one_gray
from triage.infer.precision import Precision, has
from triage.infer.seat import CPU, Engine, Place, Seat

MOST_AT_ONCE = {"cpu": 16, "cuda": 256}
"""Films of one forward pass, by kind of device; a GPU without the memory takes fewer."""

CPU_WITHOUT_MEMORY = "DefaultCPUAllocator: can't allocate memory"
"""What torch says then; its error has no type of its own, unlike a GPU's."""

Failure = RuntimeError | MemoryError
NO_NUMBER = Refusal(RefusalCode.NO_RESULT, "The network gave no finite number for this film.")
ONE_GRAY = Refusal(RefusalCode.NO_RESULT, "The film shows one gray from side to side.")


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What the network sees of one film.

    Args:
        square: ``float32`` (size, size) within [0, 1].
        placement: where the film lies in and around it.
    """

    square: Tensor
    placement: Placement


def keep_quiet(_sentence: str) -> None:
    """Leave it to ``Predictor.degraded``."""


class Predictor:
    """A bundle on a device, loaded once and asked many times.

    On the same machine, the same film gives the same answer. Layers are computed in the first
    precision that the bundle's card proves for the device and that the device has, else in
    ``float32``. Whatever differs from torch's ``float32`` on the CPU must first give the golden
    output, and ``float32`` elsewhere the CPU's answers, see ``Seat.objection``.

    Args:
        bundle: its network stays on the CPU; a GPU gets a copy.
        device: ``cpu`` or such as ``cuda:1``; a GPU where there is one, else the CPU, if absent.
        engine: OpenVINO computes on the CPU, whatever ``device`` says.
        precision: as ``bundle`` proves, if absent; one that is named is not questioned.
        can: whether a device has a precision and gains by it.
        tell: is given a sentence when a device has no memory, and when it is given up.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: str | None = None,
        *,
        engine: Engine = Engine.TORCH,
        precision: Precision | None = None,
        can: Callable[[torch.device, Precision], bool] = has,
        tell: Callable[[str], None] = keep_quiet,
    ) -> None:
        self._tell = tell
        self._bundle = bundle
        self._spec = bundle.card.input.spec
        self._degraded: str | None = None
        self._lost = False
        labels = bundle.card.labels
        self._scales = torch.tensor([label.map_scale or math.inf for label in labels])
        points = [math.nan if n.operating_point is None else n.operating_point for n in labels]
        self._points = torch.tensor(points, dtype=torch.float64)
        self._seat = self._reserve = Seat.reserve(bundle)
        place = _place(bundle, device, engine=engine, precision=precision, can=can)
        self._most = MOST_AT_ONCE.get(place.device.type, MOST_AT_ONCE[CPU.type])
        if place != self._reserve.place:
            self._move(place, is_named=precision is not None)

    @property
    def degraded(self) -> str | None:
        """Why films are assessed in another way than was chosen, or ``None``."""
        return self._degraded

    @property
    def device_lost(self) -> bool:
        """Whether a device failed; another process may be able to use it."""
        return self._lost

    @property
    def way(self) -> str:
        """Where and in which precision films are assessed now, such as ``cpu float32``."""
        return str(self._seat.place)

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        """Assess films in one batch.

        Args:
            films: at least one; each answer is the same whatever films are beside it.

        Returns:
            One assessment per film, in order; findings in the bundle's order of labels.

        Raises:
            UnassessableFilm: one of the films shows one gray, or has no finite number.
        """
        return [assessment_of(answer) for answer in self.assess_each(films)]

    def assess_each(self, films: Sequence[Film]) -> list[Assessment | Refusal]:
        """Assess films as ``assess`` does, but let a film without an answer spoil no other."""
        return self.answers([self.drawn(film) for film in films])

    def drawn(self, film: Film) -> Drawn:
        """Draw what the network sees of a film; any thread may do that at any time."""
        return Drawn(*letterbox(film, self._spec.size))

    def answers(self, drawn: Sequence[Drawn]) -> list[Assessment | Refusal]:
        """Assess films that are drawn, at least one; one thread at a time may ask."""
        scores, maps = self.scored(torch.stack([each.square for each in drawn]))
        rows = zip(scores, maps, drawn, strict=True)
        return [self._answer(score, each, of) for score, each, of in rows]

    @torch.inference_mode()
    def scored(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Compute what films are judged by.

        Args:
            squares: ``float32`` (B, size, size) within [0, 1], any number.

        Returns:
            Probabilities ``float64`` (B, labels), NaN for a film without a finite number, and
            map strengths ``float32`` (B, labels, h, w), on the CPU.
        """
        parts = list(self._parts(squares))
        logits, places = (torch.cat(each) for each in zip(*parts, strict=True))
        card = self._bundle.card
        logits = logits.where(logits.isfinite().all(dim=1, keepdim=True), torch.nan)
        scores = probabilities(logits, temperature=card.calibration.temperature)
        maps = head_maps(places, scores, card.members).float()  # (B, labels, h, w)
        whole = stretched(any_of(scores, card.members), self._points)  # (B, labels)
        return whole, strengths(maps, self._scales)

    def _parts(self, squares: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield logits and contributions of as many films at a time as the device takes."""
        while len(squares):
            part = squares[: self._most]
            try:
                yield self._seat.compute(part, self._spec)
            except (RuntimeError, MemoryError) as error:
                self._retreat(error, tried=len(part))
            else:
                squares = squares[len(part) :]

    def _retreat(self, error: Failure, *, tried: int) -> None:
        """Make the next attempt easier; raise ``error`` where there is nothing to give up."""
        if lacks_memory(error) and tried > 1:
            self._most = tried // 2
            self._tell(f"out of memory with {tried} films: {self._most} at a time from now on")
        elif self._seat is not self._reserve or isinstance(error, torch.AcceleratorError):
            self._degrade(self._seat.place, type(error).__name__, error)
        else:
            raise error

    def _move(self, place: Place, *, is_named: bool) -> None:
        """Sit down elsewhere, if that can be used and gives the golden output."""
        try:
            there = Seat.of(self._bundle, place)
            objection = None if is_named else there.objection(self._reserve, self._bundle)
        except ImportError as error:
            self._degrade(place, f"{error}; the extra {place.engine} installs it")
        except RuntimeError as error:
            self._degrade(place, type(error).__name__, error)
        else:
            if objection is None:
                self._seat = there
            else:
                self._degrade(place, objection)

    def _degrade(self, place: Place, reason: str, error: Failure | None = None) -> None:
        """Go on in ``float32`` on the CPU, which everything can do, and say so; once."""
        if error is not None and self._degraded is not None:
            raise error
        self._degraded = f"{place} given up, now {self._reserve.place}: {reason}"
        on_device = place.device != CPU or isinstance(error, torch.AcceleratorError)
        self._lost = error is not None and on_device
        self._seat = self._reserve
        self._most = min(self._most, MOST_AT_ONCE[CPU.type])
        self._tell(f"degraded: {self._degraded}")

    def _answer(self, scores: Tensor, maps: Tensor, of: Drawn) -> Assessment | Refusal:
        if shows_one_gray(of.square, of.placement):
            return ONE_GRAY  # the network has a number for it too
        return (
            self._assessment(scores, maps, of.placement) if scores.isfinite().all() else NO_NUMBER
        )

    def _assessment(self, scores: Tensor, maps: Tensor, placement: Placement) -> Assessment:
        labels = self._bundle.card.labels
        pairs = zip(labels, scores.numpy(), strict=True)
        findings = (_finding(label, _scaled(label, score)) for label, score in pairs)
        heats = (HeatMap(n.name, m.numpy(), placement) for n, m in zip(labels, maps, strict=True))
        return Assessment(self._bundle.model, tuple(findings), tuple(heats))


def _place(
    bundle: Bundle,
    device: str | None,
    *,
    engine: Engine,
    precision: Precision | None,
    can: Callable[[torch.device, Precision], bool],
) -> Place:
    chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if engine is Engine.OPENVINO:
        chosen = CPU
    proven = bundle.card.proven(chosen.type if engine is Engine.TORCH else engine)
    best = next((each for each in proven if can(chosen, each)), Precision.FLOAT32)
    return Place(chosen, precision or best, engine)


def lacks_memory(error: Failure) -> bool:
    """Tell a device that has no memory from one that fails.

    >>> lacks_memory(torch.OutOfMemoryError()), lacks_memory(MemoryError())
    (True, True)
    >>> lacks_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: …"))
    True
    >>> lacks_memory(RuntimeError("shapes cannot be multiplied"))
    False
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return type(error) is RuntimeError and CPU_WITHOUT_MEMORY in str(error)


def assessment_of(answer: Assessment | Refusal) -> Assessment:
    """Return an assessment, or raise ``UnassessableFilm`` with the refusal."""
    if isinstance(answer, Refusal):
        raise UnassessableFilm(answer)
    return answer


def _finding(label: Label, probability: float) -> Finding:
    return Finding(label.name, probability, label.threshold, _tier(label, probability))


def _scaled(label: Label, score: np.float64) -> float:
    return float(score if label.scaling is None else label.scaling.scaling.of(np.asarray(score)))


def _tier(label: Label, probability: float) -> Tier:
    if probability < label.threshold:
        return Tier.BELOW
    if label.urgent is not None and probability >= label.urgent.threshold:
        return Tier.URGENT
    return Tier.FLAGGED if label.flags else Tier.ABOVE
