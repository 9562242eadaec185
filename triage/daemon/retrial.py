"""When a worker whose device failed makes room for a process that may have it again."""

import time
from collections.abc import Callable

SHORTEST_LIFE_S = 600.0
"""A device that fails again and again costs a start of the worker in so many seconds."""


class Retrial:
    """Watches for a device that this process cannot use any more.

    After an error on a GPU its process keeps a context in which every further call fails, also
    where the GPU itself is well: only another process can tell. It is tried at once where this
    one has lived for long, else when it has.

    Args:
        lost: whether the device failed.
        clock: seconds that only grow; this process begins to live now.
    """

    def __init__(
        self, lost: Callable[[], bool], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lost = lost
        self._clock = clock
        self._begin = clock()

    def is_due(self) -> bool:
        """Tell whether this process should end now, between two studies."""
        return self._lost() and self._clock() - self._begin >= SHORTEST_LIFE_S
