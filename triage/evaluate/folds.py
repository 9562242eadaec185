"""Films in parts that share no patient, so that a fit is judged on films that it has not seen."""

import numpy as np
from numpy.typing import NDArray

FOLDS = 5


def fold(
    patients: NDArray[np.intp], present: NDArray[np.bool_], *, seed: int
) -> NDArray[np.intp] | None:
    """Deal patients to five folds: those with a positive film first, the others after them.

    Args:
        patients: (n,) the patient of each film.
        present: (n,).
        seed: the same one gives the same folds.

    Returns:
        ``intp`` (n,) from 0 to 4; ``None`` where the films outside some fold are of one kind.
    """
    named, places = np.unique(patients, return_inverse=True)
    ill = np.bincount(places, weights=present) > 0
    order = np.random.default_rng(seed).permutation(named.size)
    order = order[np.argsort(~ill[order], kind="stable")]
    dealt = np.empty(named.size, dtype=np.intp)
    dealt[order] = np.arange(named.size) % FOLDS
    folds = dealt[places]
    outside = [present[folds != number] for number in range(FOLDS)]
    return folds if all(kinds.any() and not kinds.all() for kinds in outside) else None
