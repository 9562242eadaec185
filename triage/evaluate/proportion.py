"""A share of films, with the interval that counting them gives."""

from math import sqrt

from triage.evaluate.agreement import NORMAL_QUANTILE
from triage.evaluate.measures import Estimate


def share(hits: int, films: int, *, why: str) -> Estimate:
    """Estimate a share with its 95 % score interval (Wilson 1927).

    Args:
        hits: how many of the films.
        films: independent of each other.
        why: what makes the share of no film undefined.

    >>> share(9, 10, why="").value
    0.9
    """
    if not films:
        return Estimate(None, None, why)
    part, square = hits / films, NORMAL_QUANTILE**2
    center = part + square / (2 * films)
    half = NORMAL_QUANTILE * sqrt(part * (1 - part) / films + square / (4 * films**2))
    scale = 1 + square / films
    return Estimate(part, (max(0.0, (center - half) / scale), min(1.0, (center + half) / scale)))
