"""From logits to probabilities."""

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
