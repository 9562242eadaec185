"""Which films an epoch visits, in which order."""

from collections.abc import Iterator

import torch
from torch import Tensor

from triage.train.films import Examples
from triage.train.recipe import Recipe


def batches(examples: Examples, recipe: Recipe, generator: torch.Generator) -> Iterator[Tensor]:
    """Deal the films of one epoch to batches.

    Args:
        examples: to choose from.
        recipe: size of a batch and the share of normal films.
        generator: of the order.

    Yields:
        The numbers of the films of a batch, ``int64`` (B,). Where the recipe is balanced and
        there are films of both kinds, each kind goes round by itself, the scarcer one oftener.
    """
    if not recipe.balanced or not 0 < int(examples.normal.sum()) < len(examples):
        order = torch.randperm(len(examples), generator=generator)
        yield from torch.split(order, recipe.batch)
        return
    visits = len(examples)
    normal = round(visits * recipe.balanced)
    order = torch.cat(
        [
            _rounds(torch.nonzero(examples.normal)[:, 0], normal, generator),
            _rounds(torch.nonzero(~examples.normal)[:, 0], visits - normal, generator),
        ]
    )
    yield from torch.split(order[torch.randperm(visits, generator=generator)], recipe.batch)


def _rounds(films: Tensor, visits: int, generator: torch.Generator) -> Tensor:
    """Go through ``films`` as often as needed for so many visits, each time in another order."""
    rounds = -(-visits // len(films))
    orders = [films[torch.randperm(len(films), generator=generator)] for _ in range(rounds)]
    return torch.cat(orders)[:visits]
