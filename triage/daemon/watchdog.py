"""What ends a process whose work does not end."""

import faulthandler
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

EXIT_CODE = 1
"""Of a process that was ended; nothing of it is finished or closed."""

SOONEST_S = 0.001


class Watchdog:
    """Ends this process where one of the works that it watches takes too long.

    The watch is kept outside Python: also a codec or a kernel that never lets the interpreter
    go is ended. Where each thread was stands on standard error, by file and function alone.
    A process has one such watch, so it may have one watchdog.

    Args:
        longest_s: for one work, above 0.

    Raises:
        ValueError: ``longest_s`` is not above 0.
    """

    def __init__(self, longest_s: float) -> None:
        if longest_s <= 0:
            raise ValueError(f"longest work {longest_s} s: greater than 0")
        self._longest_s = longest_s
        self._ends: deque[float] = deque()
        self._mutex = threading.Lock()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the work inside; several may go on at the same time."""
        with self._mutex:
            end = time.monotonic() + self._longest_s
            self._ends.append(end)
            self._watch()
        try:
            yield
        finally:
            with self._mutex:
                self._ends.remove(end)
                self._watch()

    def _watch(self) -> None:
        """Wait for the work that has gone on longest."""
        if self._ends:
            left_s = max(SOONEST_S, self._ends[0] - time.monotonic())
            faulthandler.dump_traceback_later(left_s, exit=True)
        else:
            faulthandler.cancel_dump_traceback_later()
