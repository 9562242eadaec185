"""Grad-CAM (Selvaraju et al. 2017) in closed form for a linear head after pooling."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MAP_PERCENTILE = 95.0
LEAST_SCALE = 1e-6
"""In units of the logit: what stays below is a rounding, no evidence."""


def contributions(features: Tensor, weight: Tensor) -> Tensor:
    """Compute what each place adds to every class logit: Grad-CAM before its ReLU.

    Args:
        features: (B, C, h, w), after the final ReLU.
        weight: (labels, C), the head's weight.

    Returns:
        ``float64`` (B, labels, h, w), in units of the logit; they sum to it but for the bias.
    """
    places = features.shape[2] * features.shape[3]
    alpha = weight.double() / places  # (labels, C), eq. 1
    # Summed in float64: matrix products in float32 were off by 1.6e-6 of the map's maximum.
    return torch.einsum("lc,bchw->blhw", alpha, features.double())


def class_maps(features: Tensor, weight: Tensor) -> Tensor:
    """Compute the Grad-CAM of every class logit at once, without a backward pass.

    The logit of class c is ``y_c = b_c + sum_k w_ck * mean_ij(A_k,ij)`` for features
    A (h, w), so that its gradient is the same at every place,
    ``dy_c/dA_k,ij = w_ck / (h * w)``, and so is its mean over the places:

    * eq. 1: ``alpha_ck = 1/Z sum_ij dy_c/dA_k,ij = w_ck / (h * w)``
    * eq. 2: ``L_c = ReLU(sum_k alpha_ck * A_k)``

    Before the ReLU the map sums to ``y_c - b_c``: each place holds its own
    contribution to the logit.

    Args:
        features: (B, C, h, w), after the final ReLU.
        weight: (labels, C), the head's weight.

    Returns:
        (B, labels, h, w), not negative, in units of the logit.
    """
    return torch.relu(contributions(features, weight)).to(features.dtype)  # eq. 2


def strengths(maps: Tensor, scales: Tensor) -> Tensor:
    """Bring maps to [0, 1] by fixed scales, never by their own maximum.

    Args:
        maps: (B, labels, h, w), contributions to the logit.
        scales: (labels,), the contribution that counts as strong, above 0; infinite where none
            is known, so that nothing is.

    Returns:
        (B, labels, h, w) within [0, 1].
    """
    return (maps / scales[None, :, None, None]).clamp(0, 1)


def map_scale(peaks: NDArray[np.float64]) -> float | None:
    """Return the contribution to the logit that is drawn as strong.

    Args:
        peaks: (N,) each validation film's map maximum, in units of the logit.

    Returns:
        Their 95th percentile: one film in twenty reaches full strength. ``None`` where it is not
        above 1e-6: such films tell no strong evidence from weak.
    """
    scale = float(np.percentile(peaks, MAP_PERCENTILE))
    return scale if scale > LEAST_SCALE else None
