"""Labels that are made of several outputs: present where at least one of them is.

For outputs that err independently the probability of "at least one" is
``P = 1 - prod_i (1 - p_i)``. With ``p_i = sigmoid(z_i)`` its logit has the gradient
``d logit(P) / d z_i = p_i / P``, so that Grad-CAM (Selvaraju et al. 2017) of a head stays in
closed form: the contributions of its outputs, each weighted with its share ``p_i / P``, summed
before the ReLU. An output by itself has the share 1.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

Members = Sequence[Sequence[int]]
"""For each label the numbers of the outputs that it is made of."""


def any_of(scores: Tensor, members: Members) -> Tensor:
    """Compute the probability of every label.

    Args:
        scores: (B, outputs) within [0, 1].
        members: what the labels are made of.

    Returns:
        (B, labels) within [0, 1].

    >>> any_of(torch.tensor([[0.5, 0.2, 0.1]]), [(0, 1), (2,)])
    tensor([[0.6000, 0.1000]])
    """
    columns = [
        scores[:, group[0]] if len(group) == 1 else 1 - (1 - scores[:, list(group)]).prod(dim=1)
        for group in members
    ]
    return torch.stack(columns, dim=1)


def head_maps(contributions: Tensor, scores: Tensor, members: Members) -> Tensor:
    """Compute the Grad-CAM of every label's logit.

    Args:
        contributions: (B, outputs, h, w) of each place to each output's logit.
        scores: (B, outputs) the outputs' probabilities.
        members: what the labels are made of.

    Returns:
        (B, labels, h, w), not negative, in units of the logit.
    """
    shares = torch.stack([_shares(scores, group) for group in members], dim=1)
    shares = shares.to(contributions)  # (B, labels, outputs)
    return torch.relu(torch.einsum("blo,bohw->blhw", shares, contributions))


def _shares(scores: Tensor, group: Sequence[int]) -> Tensor:
    """Return ``p_i / P`` of the group's outputs and 0 of others: (B, outputs)."""
    shares = torch.zeros_like(scores)
    whole = any_of(scores, [group]).clamp(min=torch.finfo(scores.dtype).tiny)  # (B, 1)
    shares[:, list(group)] = scores[:, list(group)] / whole
    return shares
