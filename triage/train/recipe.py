"""How a network is trained, as one frozen value, and the two recipes that have a name."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from triage.domain.labels import HEADS, LABELS
from triage.train.anatomy import ANATOMY

STRIDE = 16
"""Inputs grow in steps of half the stride of DenseNet-121, in pixels."""
GROWING = 0.6
"""The share of the epochs over which inputs grow."""
WARMING = 0.05
"""The share of the steps over which a falling learning rate first rises."""


class Precision(StrEnum):
    """The numbers that convolutions are computed in; weights are always ``float32``."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class Optimizer(StrEnum):
    """Stochastic gradient descent with momentum, or AdamW (Loshchilov and Hutter 2019)."""

    SGD = "sgd"
    ADAMW = "adamw"


class Normals(StrEnum):
    """What is made of films that a second reading called normal.

    ``DOUBTED`` takes the inflammation that their labels affirm as unknown.
    """

    LEFT_OUT = "left out"
    DOUBTED = "doubted"
    AS_LABELLED = "as labelled"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; the defaults are the source article's recipe.

    Args:
        architecture: a name in ``triage.infer.densenet.ARCHITECTURES``.
        pixels: side of the square input.
        first_pixels: side in the first epoch; inputs grow from it to ``pixels`` over the first
            ``GROWING`` of the epochs, are never smaller in the last one, and 0 means that they
            do not grow.
        batch: films per step.
        optimizer: of the weights.
        learning_rate: the highest; constant with ``falling`` off.
        falling: whether it rises over ``WARMING`` of the steps and falls along a cosine to 0.
        momentum: of stochastic gradient descent.
        decay: of the weights, not of biases and normalisation.
        epochs: passes; each visits as many films as there are.
        seed: of weights, order and augmentation.
        precision: of the convolutions.
        labels: what the network has an output for, of ``LABELS``.
        normals: see ``Normals``.
        balanced: the share of visits to films that a second reading called normal; 0 visits
            every film once.
        flipped: the share of visits that see the film mirrored, left to right.
        distorted: whether each visit sees another position, size, sharpness and tone.
        averaged: decay per step of the running average of the weights (Polyak and Juditsky
            1992), which is what is evaluated and kept; 0 keeps the weights themselves.
        soft: weight of another network's predictions in the targets of films that have them.
        pointed: weight of the loss that draws evidence into radiologists' boxes (``train.marks``).
        anatomy: whether the network learns sex, view and age too (``train.anatomy``).
        predictions: SHA-256 of the file of these; empty where there is none.
        start: digest of the bundle whose weights it begins with; empty where they are random.
    """

    architecture: str = "densenet121"
    pixels: int = 224
    first_pixels: int = 0
    batch: int = 16
    optimizer: Optimizer = Optimizer.SGD
    learning_rate: float = 0.001
    falling: bool = False
    momentum: float = 0.9
    decay: float = 0.0
    epochs: int = 20
    seed: int = 0
    precision: Precision = Precision.BFLOAT16
    labels: tuple[str, ...] = tuple(HEADS)
    normals: Normals = Normals.LEFT_OUT
    balanced: float = 0.0
    flipped: float = 0.5
    distorted: bool = False
    averaged: float = 0.0
    soft: float = 0.0
    pointed: float = 0.0
    anatomy: bool = False
    predictions: str = ""
    start: str = ""

    @property
    def outputs(self) -> int:
        """How many outputs the network has in training: the labels', then the anatomy's."""
        return len(self.labels) + (len(ANATOMY) if self.anatomy else 0)

    def settled(self) -> Self:
        """Return the same recipe, without a first side that is not smaller than the last.

        >>> Recipe(pixels=32, first_pixels=64).settled().first_pixels
        0
        """
        return self if self.first_pixels < self.pixels else replace(self, first_pixels=0)

    def pixels_of(self, epoch: int) -> int:
        """Return the side of the input in an epoch, which counts from 1.

        >>> recipe = Recipe(pixels=112, first_pixels=64, epochs=20)
        >>> [recipe.pixels_of(epoch) for epoch in (1, 4, 7, 12, 13, 20)]
        [64, 64, 80, 96, 112, 112]
        """
        grown = min(1.0, (epoch - 1) / (GROWING * self.epochs))
        first = min(self.first_pixels or self.pixels, self.pixels)
        if grown == 1 or epoch == self.epochs or first == self.pixels:
            return self.pixels
        return int(first + grown * (self.pixels - first)) // STRIDE * STRIDE

    def rate_of(self, done: float) -> float:
        """Return the learning rate after a share of all steps, within [0, 1].

        >>> Recipe(learning_rate=0.5, falling=True).rate_of(1.0)
        0.0
        """
        if not self.falling:
            return self.learning_rate
        return self.learning_rate * min(1.0, done / WARMING) * (1 + math.cos(math.pi * done)) / 2


ARTICLE = Recipe()
"""The source article's: 224 pixels, SGD with momentum, batches of 16, rate 0.001, flips."""

RADIOGRAPH = Recipe(
    pixels=112,
    first_pixels=64,
    batch=32,
    optimizer=Optimizer.ADAMW,
    falling=True,
    decay=0.05,
    epochs=12,
    labels=LABELS,
    normals=Normals.DOUBTED,
    balanced=0.5,
    distorted=True,
    averaged=0.998,
    soft=0.5,
    pointed=0.03,
)
"""The one that the shipped bundle is trained by."""

PRESETS = {"radiograph": RADIOGRAPH, "article": ARTICLE}
