"""Films in, assessments out: one forward pass gives probabilities and every heat map."""

import math
from collections.abc import Sequence

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
from triage.infer.gradcam import contributions, strengths
from triage.infer.heads import any_of, head_maps
from triage.infer.input import letterbox, normalise


class Predictor:
    """A bundle on a device, loaded once and asked many times.

    Everything is computed in ``float32``: on the same machine, the same film gives the same
    answer.

    Args:
        bundle: the network is moved to the device.
        device: such as ``cuda:1``; a GPU where there is one, else the CPU, if absent.
    """

    def __init__(self, bundle: Bundle, device: str | None = None) -> None:
        chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._device = torch.device(chosen)
        self._bundle = bundle
        self._spec = bundle.card.input.spec
        self._network = bundle.network.to(self._device).to(memory_format=torch.channels_last)
        labels = bundle.card.labels
        self._scales = torch.tensor([label.map_scale for label in labels])
        points = [math.nan if n.operating_point is None else n.operating_point for n in labels]
        self._points = torch.tensor(points, dtype=torch.float64)

    def assess(self, films: Sequence[Film]) -> list[Assessment]:
        """Assess films in one batch.

        Args:
            films: at least one; each answer is the same whatever films are beside it.

        Returns:
            One assessment per film, in order; findings in the bundle's order of labels.

        Raises:
            UnassessableFilm: the network gives no finite number for one of the films.
        """
        squares, placements = zip(*(letterbox(f, self._spec.size) for f in films), strict=True)
        scores, maps = self._forward(torch.stack(squares))
        rows = zip(scores, maps, placements, strict=True)
        return [self._assessment(score, each, where) for score, each, where in rows]

    @torch.inference_mode()
    def _forward(self, squares: Tensor) -> tuple[Tensor, Tensor]:
        """Return probabilities (B, labels) and map strengths (B, labels, h, w), on the CPU."""
        batch = normalise(squares.to(self._device), self._spec)  # (B, channels, size, size)
        logits, features = self._network.activations(batch)
        _refuse_no_number(logits)
        card = self._bundle.card
        scores = probabilities(logits.cpu(), temperature=card.calibration.temperature)
        places = contributions(features, self._network.classifier.weight)  # (B, outputs, h, w)
        maps = head_maps(places, scores, card.members).to(features.dtype)  # (B, labels, h, w)
        whole = stretched(any_of(scores, card.members), self._points)  # (B, labels)
        return whole, strengths(maps.cpu(), self._scales)

    def _assessment(self, scores: Tensor, maps: Tensor, placement: Placement) -> Assessment:
        labels = self._bundle.card.labels
        pairs = zip(labels, scores.numpy(), strict=True)
        findings = (_finding(label, _scaled(label, score)) for label, score in pairs)
        heats = (HeatMap(n.name, m.numpy(), placement) for n, m in zip(labels, maps, strict=True))
        return Assessment(self._bundle.model, tuple(findings), tuple(heats))


def _refuse_no_number(logits: Tensor) -> None:
    if not logits.isfinite().all():
        sentence = "The network gave no finite number for this film."
        raise UnassessableFilm(Refusal(RefusalCode.NO_RESULT, sentence))


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
