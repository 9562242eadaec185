"""Where radiologists saw a finding, and the loss that draws a network's evidence there.

A label alone says that a film shows a finding somewhere, and a network is free to find it in the
make of the film. A box says where.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from triage.domain.assessment import Placement
from triage.domain.labels import answering
from triage.domain.marked_box import MarkedBox

TINY = 1e-6
"""Of a map's evidence: what keeps the logarithm finite where none of it lies in a box."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Places of findings in some of a number of films.

    Args:
        films: ``int64`` (M,) which film each place is in, rising.
        outputs: ``int64`` (M,) the network's output that answers for it.
        squares: ``uint8`` (M, size, size), 1 within a box.
    """

    films: Tensor
    outputs: Tensor
    squares: Tensor

    def of(self, films: Tensor) -> "Marks":
        """Choose the places in some films, (B,); their films are numbered by place in ``films``."""
        place, row = torch.nonzero(films[:, None] == self.films[None, :], as_tuple=True)
        return Marks(place, self.outputs[row], self.squares[row])


def no_marks(size: int) -> Marks:
    """Mark nothing in films of ``size`` rows and columns."""
    none = torch.zeros(0, dtype=torch.int64)
    return Marks(none, none, torch.zeros(0, size, size, dtype=torch.uint8))


def mark(
    boxes: Sequence[tuple[Sequence[MarkedBox], Placement]], labels: Sequence[str], *, size: int
) -> Marks:
    """Draw the boxes of each film into squares, one for each label that answers for them.

    Args:
        boxes: of each film, and where the film lies in the square.
        labels: the network's outputs, in its order.
        size: rows and columns of a square.
    """
    drawn = [
        (film, labels.index(label), _square(marked, placement, size))
        for film, (own, placement) in enumerate(boxes)
        for label, marked in _by_label(own, labels)
    ]
    if not drawn:
        return no_marks(size)
    films, outputs, squares = zip(*drawn, strict=True)
    return Marks(torch.tensor(films), torch.tensor(outputs), torch.stack(squares))


def pointing_loss(features: Tensor, weight: Tensor, marks: Marks) -> Tensor:
    """Ask that what speaks for a finding lie where it was seen.

    Args:
        features: (B, C, h, w), after the final ReLU.
        weight: (outputs, C), the head's weight.
        marks: places in the B films; ``squares`` of any size, ``float32`` within [0, 1].

    Returns:
        A scalar: the mean over the places of ``-log sum_ij s_ij * m_ij``, where ``s`` is the
        softmax over a class map's cells (what each adds to the logit, times their number) and
        ``m`` the share of the cell that is marked. 0 where nothing is marked.
    """
    within = functional.adaptive_avg_pool2d(
        marks.squares[:, None], (features.shape[2], features.shape[3])
    )
    inside = within.flatten(1)  # (M, h * w)
    seen = inside.sum(dim=1) > 0  # a film may have been shifted until its box is out of sight
    if not seen.any():
        return features.sum() * 0
    chosen, classes = features[marks.films[seen]], weight[marks.outputs[seen]]
    evidence = torch.einsum("mc,mchw->mhw", classes, chosen).flatten(1).softmax(dim=1)
    return -torch.log((evidence * inside[seen]).sum(dim=1) + TINY).mean()


def _by_label(
    boxes: Sequence[MarkedBox], labels: Sequence[str]
) -> Iterator[tuple[str, list[MarkedBox]]]:
    for label in labels:
        own = [box for box in boxes if label in answering(box.label, labels)]
        if own:
            yield label, own


def _square(boxes: Sequence[MarkedBox], placement: Placement, size: int) -> Tensor:
    square = torch.zeros(size, size, dtype=torch.uint8)
    for box in boxes:
        rows = _within(
            placement.top + placement.height * box.top, placement.height * box.height, size
        )
        columns = _within(
            placement.left + placement.width * box.left, placement.width * box.width, size
        )
        square[rows, columns] = 1
    return square


def _within(first: float, length: float, size: int) -> slice:
    """Find the pixels that a stretch touches, given as fractions of the side of a square."""
    return slice(max(0, math.floor(first * size)), max(0, math.ceil((first + length) * size)))
