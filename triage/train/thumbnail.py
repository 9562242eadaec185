"""Logistic regression on thumbnails: what a network must beat to have learnt more than a glance.

Whatever 32 x 32 gray values tell, a collection's framing and exposure among it, needs no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from triage.domain.errors import UnusableList
from triage.train.films import WHITE
from triage.train.folds import deal_patients

SIDE = 32
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""L2 penalties to choose from, per film, on standardised gray values."""

_PARTS = 5
_STEPS = 200
_FLAT = 1e-6
"""Contrast of a pixel that is the same in every film, the least that is divided by."""


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """One logistic regression per label.

    Args:
        mean: ``float64`` (1024,) of each gray value over the films, within [0, 1].
        deviation: ``float64`` (1024,) of each gray value over the films.
        weights: ``float64`` (1025, labels), the last row for the constant 1.
        offsets: ``float64`` (labels,) logit of each label's share, smoothed.
        penalties: (labels,) chosen for each label.
    """

    mean: Tensor
    deviation: Tensor
    weights: Tensor
    offsets: Tensor
    penalties: tuple[float, ...]


def fit(squares: Tensor, targets: Tensor, *, patients: Sequence[str]) -> Baseline:
    """Fit one regression per label; its penalty is chosen by folds that share no patient.

    Args:
        squares: ``uint8`` (N, size, size), 255 is white, at least 32 pixels.
        targets: (N, labels), 1 present, 0 absent, NaN unknown. A label of one kind only gets
            nearly equal scores.
        patients: (N,) pseudonym of each film.

    Raises:
        UnusableList: fewer than five patients.
    """
    if len(set(patients)) < _PARTS:
        raise UnusableList(f"patients {len(set(patients))}: at least {_PARTS} for the folds")
    grays, known = _grays(squares), targets.double()
    parts = torch.from_numpy(deal_patients(patients, parts=_PARTS))
    losses = torch.zeros(len(PENALTIES), targets.shape[1], dtype=torch.float64)
    for part in range(_PARTS):
        inside, outside = parts == part, parts != part
        for row, found in enumerate(_path(grays[outside], known[outside])):
            losses[row] += _losses(_logits(found, grays[inside]), known[inside]).sum(dim=0)
    best = losses.argmin(dim=0).tolist()  # (labels,)
    fitted = _path(grays, known)
    weights = [fitted[row].weights[:, label] for label, row in enumerate(best)]
    penalties = tuple(PENALTIES[row] for row in best)
    return replace(fitted[0], weights=torch.stack(weights, dim=1), penalties=penalties)


def scores(baseline: Baseline, squares: Tensor) -> NDArray[np.float64]:
    """Ask a baseline about films.

    Args:
        baseline: fitted.
        squares: ``uint8`` (N, size, size), as those that it was fitted to.

    Returns:
        ``float64`` (N, labels), probabilities.
    """
    return np.asarray(_logits(baseline, _grays(squares)).sigmoid().numpy(), dtype=np.float64)


def _grays(squares: Tensor) -> Tensor:
    """Average a film to its thumbnail, ``float64`` (N, 1024) within [0, 1]."""
    small = [
        functional.interpolate(part[:, None].float(), size=(SIDE, SIDE), mode="area")
        for part in torch.split(squares, 256)
    ]
    return torch.cat(small).flatten(1).double() / WHITE


def _logits(baseline: Baseline, grays: Tensor) -> Tensor:
    return _standard(grays, baseline.mean, baseline.deviation) @ baseline.weights + baseline.offsets


def _standard(grays: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """Standardise gray values and append the constant 1, (N, 1025)."""
    values = (grays - mean) / deviation
    return torch.cat([values, torch.ones(len(values), 1, dtype=values.dtype)], dim=1)


def _losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy of each answer, (N, labels); 0 where the target is unknown."""
    known = ~targets.isnan()
    losses = functional.binary_cross_entropy_with_logits(
        logits, targets.nan_to_num(), reduction="none"
    )
    return losses * known


def _path(grays: Tensor, targets: Tensor) -> list[Baseline]:
    """Fit all labels under each penalty.

    The curvature of a logistic loss is at most a quarter of the features' second moments
    (Böhning 1992). Along the axes of these, scaled so that bound and penalty add up to 1, L-BFGS
    needs few steps however strongly neighbouring pixels agree.
    """
    mean, deviation = grays.mean(dim=0), grays.std(dim=0, correction=0).clamp_min(_FLAT)
    features = _standard(grays, mean, deviation)
    moments, axes = torch.linalg.eigh(features.T @ features / len(features))
    turned = features @ axes  # (N, 1025)
    present, known = targets.nansum(dim=0), (~targets.isnan()).sum(dim=0)
    offsets = torch.logit((present + 1) / (known + 2))
    found = []
    for penalty in PENALTIES:
        scale = (moments.clamp_min(0) / 4 + penalty).rsqrt()  # (1025,)
        place = _descend(turned * scale, targets, offsets, penalties=penalty * scale**2)
        weights = axes @ (scale[:, None] * place)
        found.append(Baseline(mean, deviation, weights, offsets, (penalty,) * targets.shape[1]))
    return found


def _descend(features: Tensor, targets: Tensor, offsets: Tensor, *, penalties: Tensor) -> Tensor:
    """Minimise the mean loss of each label plus half the penalised squares, by L-BFGS.

    Args:
        features: (N, 1025).
        targets: (N, labels).
        offsets: (labels,) added to the logits.
        penalties: (1025,) of each weight.

    Returns:
        Weights (1025, labels).
    """
    films = (~targets.isnan()).sum(dim=0).clamp_min(1)
    place = torch.zeros(features.shape[1], targets.shape[1], dtype=torch.float64)
    place.requires_grad_()
    optimizer: torch.optim.Optimizer = torch.optim.LBFGS(
        [place], max_iter=_STEPS, line_search_fn="strong_wolfe"
    )

    def _total() -> float:
        optimizer.zero_grad()
        losses = _losses(features @ place + offsets, targets).sum(dim=0) / films
        total = losses.sum() + (penalties[:, None] * place * place).sum() / 2
        torch.autograd.backward(total)
        return total.item()

    optimizer.step(_total)
    return place.detach()
