"""From logits to probabilities, and to the scale on which thresholds stand."""

import torch
from torch import Tensor


def probabilities(logits: Tensor, *, temperature: float) -> Tensor:
    """Scale logits by a temperature and squash them (Guo et al. 2017, eq. 9, for one class).

    Args:
        logits: any shape, finite.
        temperature: 1 leaves the network's own probabilities; above 0.

    Returns:
        ``float64`` of the same shape within [0, 1].

    >>> probabilities(torch.tensor([0.0, 2.0]), temperature=2.0)
    tensor([0.5000, 0.7311], dtype=torch.float64)
    """
    return torch.sigmoid(logits.double() / temperature)


def stretched(probabilities: Tensor, points: Tensor) -> Tensor:
    """Stretch probabilities by two lines, so that each operating point becomes 0.5.

    The scale of TorchXRayVision's outputs: 0 and 1 stay where they are, and the order of films
    is kept. What comes out is a distance to the operating point, no longer a frequency.

    Args:
        probabilities: (B, labels) within [0, 1].
        points: (labels,) each label's operating point within (0, 1); NaN leaves a label as it is.

    Returns:
        (B, labels) within [0, 1].

    >>> stretched(torch.tensor([[0.01, 0.02, 0.51]]), torch.tensor([0.02, 0.02, 0.02]))
    tensor([[0.2500, 0.5000, 0.7500]])
    """
    below = probabilities / (2 * points)
    above = 1 - (1 - probabilities) / (2 * (1 - points))
    moved = torch.where(probabilities < points, below, above)
    return torch.where(points.isnan(), probabilities, moved)
