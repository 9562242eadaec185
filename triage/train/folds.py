"""Folds that leave a whole collection out, so that a choice is judged on films from elsewhere.

Collections were selected by label, and a network reads the collection as easily as the finding:
films dealt at random would flatter every choice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triage.domain.errors import UnusableList

OTHERS = "others"
SMALLEST = 50
"""Films that a collection must have for a fold of its own; smaller ones are pooled."""


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One collection held out.

    Args:
        collection: its name, or ``OTHERS`` for the pool of small ones.
        held: ``intp`` (H,) the films to judge by, rising.
        trained: ``intp`` (T,) the films to fit to, rising: those of the other collections, less
            every film of a patient who is among the held ones.
    """

    collection: str
    held: NDArray[np.intp]
    trained: NDArray[np.intp]


def leave_collections_out(
    patients: Sequence[str], collections: Sequence[str], *, smallest: int = SMALLEST
) -> tuple[Fold, ...]:
    """Hold out each collection once.

    Args:
        patients: (N,) pseudonym of each film.
        collections: (N,) collection of each film.
        smallest: collections of fewer films are held out together; their pool may be smaller.

    Returns:
        The largest collection first, the pool last; every film is held out exactly once.

    Raises:
        UnusableList: there are fewer than two folds, or one leaves no film to fit to.
    """
    people, named = np.asarray(patients, np.str_), np.asarray(collections, np.str_)
    counts = Counter(named.tolist())
    own = sorted((n for n in counts if counts[n] >= smallest), key=lambda n: (-counts[n], n))
    held = {name: named == name for name in own if name != OTHERS}
    pool = ~np.isin(named, list(held))
    if pool.any():
        held[OTHERS] = pool
    if len(held) <= 1:
        raise UnusableList(
            f"collections to leave out {len(held)}: at least 2; those of fewer than {smallest}"
            " films count as one"
        )
    return tuple(_fold(name, films, people) for name, films in held.items())


def _fold(name: str, held: NDArray[np.bool_], patients: NDArray[np.str_]) -> Fold:
    known = np.isin(patients, patients[held])
    if known.all():
        raise UnusableList(
            f"films of patients who are not in the collection {name} 0: at least 1 to fit to"
        )
    return Fold(name, np.flatnonzero(held), np.flatnonzero(~known))


def deal_patients(patients: Sequence[str], *, parts: int) -> NDArray[np.intp]:
    """Deal patients in the order of their names, the same way in every run.

    Args:
        patients: (N,) pseudonym of each film.
        parts: how many.

    Returns:
        ``intp`` (N,) from 0 to ``parts`` - 1; a patient's films are in one part.

    >>> deal_patients(["P3", "P1", "P2", "P1"], parts=2).tolist()
    [0, 0, 1, 0]
    """
    _, places = np.unique(np.asarray(patients, np.str_), return_inverse=True)
    return np.asarray(places % parts, dtype=np.intp)
