"""What a person wishes of a threshold, and the threshold that does it on given films."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList
from triage.domain.ranking import threshold_above, threshold_within


class Aim(StrEnum):
    """What is wished for, as options and bundles write it."""

    SENSITIVITY = "sensitivity"
    SPECIFICITY = "specificity"
    FLAG_RATE = "flag-rate"


@dataclass(frozen=True, slots=True)
class Wish:
    """At least this sensitivity or specificity, or at most this share of all films.

    Args:
        aim: what is wished for.
        share: within (0, 1).

    Raises:
        ValueError: the share is not within (0, 1).
    """

    aim: Aim
    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"{self.aim} {self.share:g}: above 0 and below 1")

    def __str__(self) -> str:
        return f"{self.aim} {self.share:g}"

    def threshold(
        self, scores: NDArray[np.float64], present: NDArray[np.bool_], *, label: str
    ) -> float:
        """Choose the threshold that is best for the other kind of films.

        Args:
            scores: (N,) probabilities; one that reaches the threshold is called.
            present: (N,).
            label: for messages.

        Returns:
            The lowest threshold of that specificity or flag rate, or the highest one of that
            sensitivity: halfway between two neighbouring films of the kind that is counted, or
            between the last of them and the nearest film of the other kind.

        Raises:
            UnusableList: films of one kind are missing, or too many have a probability of 1.
        """
        refuse_one_kind(present, label=label)
        threshold = self._choose(scores, present)
        called = scores >= threshold
        if self.aim is Aim.SPECIFICITY:
            met = (~called[~present]).mean() >= self.share
        else:
            met = self.aim is Aim.SENSITIVITY or called.mean() <= self.share
        if not met:
            raise UnusableList(
                f"{self} of {label}: no threshold does it, {int((scores == 1).sum())} of"
                f" {scores.size} films have probability 1"
            )
        return threshold

    def _choose(self, scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
        if self.aim is Aim.FLAG_RATE:
            return threshold_above(scores, share=1 - self.share)
        positives, negatives = scores[present], scores[~present]
        if self.aim is Aim.SPECIFICITY:
            ceiling = min(positives[positives > negatives.max()], default=1.0)
            return threshold_above(negatives, share=self.share, ceiling=ceiling)
        floor = max(negatives[negatives < positives.min()], default=0.0)
        return threshold_within(positives, share=self.share, floor=floor)


def refuse_one_kind(present: NDArray[np.bool_], *, label: str) -> None:
    """Raise ``UnusableList`` unless there are films with and without the finding."""
    if present.all() or not present.any():
        raise UnusableList(
            f"{label}: {int(present.sum())} of {present.size} films have it; calibration needs"
            " films with and without it"
        )
