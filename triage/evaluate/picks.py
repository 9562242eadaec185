"""Which boxed films are drawn: of the largest groups the best, the middle and the worst."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from triage.evaluate.localisation import CONTESTANTS, MAP, Located
from triage.evaluate.overlap import IOU, MEASURES

MOST = 12
_EACH = 3


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A film that is drawn.

    Args:
        found: its group.
        row: of the group's films.
        rank: by IoU, from 1, which is the best.
    """

    found: Located
    row: int
    rank: int

    @property
    def place(self) -> str:
        """Where the film stands in its group."""
        films = self.found.films.size
        if films == 1:
            return "the only film"
        return {1: f"best of {films}", films: f"worst of {films}"}.get(
            self.rank, f"number {self.rank} of {films}"
        )


def picks(located: Sequence[Located]) -> tuple[Pick, ...]:
    """Choose at most ``MOST`` films: of each group in even steps from the best IoU to the worst.

    The groups with the most films come first, and each has three films or all of its own; few
    groups have more, in threes. A group that no longer fits is left out with all smaller ones.
    """
    return tuple(
        pick for found in _largest(located) for pick in _spread(found, _share(len(located)))
    )


def not_drawn(located: Sequence[Located]) -> str:
    """Name the groups that ``picks`` leaves out, the largest first; empty where there is none."""
    left = _falling(located)[len(_largest(located)) :]
    names = ", ".join(f"{found.target.name} ({found.films.size})" for found in left)
    return f"Not drawn (films): {names}." if left else ""


def _falling(located: Sequence[Located]) -> list[Located]:
    return sorted(located, key=lambda found: -found.films.size)


def _share(groups: int) -> int:
    """Return how many films each of so many groups may have, in threes."""
    return max(1, MOST // (groups * _EACH)) * _EACH


def _largest(located: Sequence[Located]) -> list[Located]:
    falling, each = _falling(located), _share(len(located))
    used = np.cumsum([min(each, found.films.size) for found in falling])
    return falling[: int(np.count_nonzero(used <= MOST))]


def _spread(found: Located, count: int) -> list[Pick]:
    """Take films in even steps from the largest IoU to the smallest."""
    values = found.values[:, CONTESTANTS.index(MAP), MEASURES.index(IOU)]
    order = np.argsort(-values, kind="stable")
    steps = np.linspace(0, order.size - 1, min(count, order.size))
    return [Pick(found, int(order[round(step)]), round(step) + 1) for step in steps]
