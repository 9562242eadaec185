"""What processes hold in memory, and the most that they held."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Held:
    """Megabytes (10^6 bytes) summed over processes.

    ``rss`` counts a page that processes share once for each, ``pss`` divides it among them.
    """

    rss: float = 0.0
    pss: float = 0.0


def held_by(pids: list[int]) -> Held:
    """Sum up what processes hold now; one that has ended holds nothing."""
    rollups = [_rollup(pid) for pid in pids]
    return Held(sum(r.rss for r in rollups), sum(r.pss for r in rollups))


class Watch:
    """Looks again and again, from ``with`` to its end, and keeps the largest of each sum."""

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        self._pids = pids
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory watch")
        self.peak = Held()

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look a last time."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        last = False
        while not last:
            last = self._over.wait(LOOK_EVERY_S)
            now = held_by(self._pids())
            self.peak = Held(max(self.peak.rss, now.rss), max(self.peak.pss, now.pss))


def _rollup(pid: int) -> Held:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return Held()
    sizes = {line.partition(":")[0]: line.split() for line in lines[1:]}
    return Held(*(int(sizes[name][1]) * 1024 / 1e6 for name in ("Rss", "Pss")))
