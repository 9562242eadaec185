"""A small valid bundle for tests."""

from pathlib import Path

import torch

from triage.infer.bundle import save_bundle
from triage.infer.card import Description, Input, Label, Training
from triage.infer.densenet import ARCHITECTURES, DenseNet
from triage.infer.input import InputSpec

SPEC = InputSpec(size=32)
"""What the network of ``saved`` sees."""


def label(name: str, *, threshold: float = 0.5, flags: bool = True) -> Label:
    """Describe one output of the network."""
    return Label(
        name=name,
        flags=flags,
        threshold=threshold,
        sensitivity=0.7,
        specificity=0.8,
        auroc=0.75,
        positives=30,
        negatives=40,
        map_scale=0.01,
    )


def head(name: str, *outputs: str, operating_point: float | None = None) -> Label:
    """Describe a head that is made of outputs, with nothing measured."""
    return Label(
        name=name,
        flags=False,
        threshold=0.5,
        map_scale=0.01,
        any_of=outputs,
        operating_point=operating_point,
    )


def description(*labels: Label) -> Description:
    """Describe a bundle of a tiny network."""
    return Description(
        name="tiny",
        version="1",
        architecture="densenet-tiny",
        licence="Apache-2.0",
        input=Input(size=32),
        training=Training(recipe="none", films=0, validation_films=0, sources=('a "b" é',)),
        labels=labels or (label("tumour"), label("inflammation")),
    )


def network(labels: int = 2) -> DenseNet:
    """Make a tiny network, always the same."""
    torch.manual_seed(5)
    return DenseNet(ARCHITECTURES["densenet-tiny"], labels).eval()


def saved(folder: Path, *labels: Label) -> Path:
    """Write a small bundle and return its folder."""
    described = description(*labels)
    save_bundle(folder, network(len(described.outputs)), description=described)
    return folder
