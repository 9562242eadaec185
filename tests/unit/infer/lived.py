"""Networks whose normalisations are no identity, as training leaves them, and as it seldom does."""

import torch
from torch import nn

from triage.infer.densenet import ARCHITECTURES, DenseNet


def lived(architecture: str = "densenet-tiny", *, channels: int = 3) -> DenseNet:
    """Make a network with scales of both signs and of zero, always the same."""
    torch.manual_seed(7)
    network = DenseNet(ARCHITECTURES[architecture], 3, channels).eval()
    network.requires_grad_(requires_grad=False)
    for name, tensor in network.features.state_dict().items():
        if name.endswith("running_var"):
            nn.init.uniform_(tensor, 0.2, 2)
        elif name.endswith(("running_mean", "bias")):
            nn.init.normal_(tensor, std=0.3)
        elif "norm" in name and name.endswith("weight"):
            nn.init.normal_(tensor, mean=0.7, std=0.5)
            tensor[2::5] *= -1
            tensor[::7] = 0
            tensor[1::11] = 1e-30
    return network
