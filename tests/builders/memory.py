"""How much memory this process took at most while something happened."""

import ctypes
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
_PROCESS = Path("/proc")
_RESET_PEAK = "5"  # proc(5), clear_refs


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much the resident set has been larger than at the beginning."""

    before: int
    process: str = "self"

    @property
    def megabytes(self) -> float:
        """At its largest, so far."""
        return (_resident("VmHWM", self.process) - self.before) / MB


@contextmanager
def measured_growth() -> Iterator[Growth]:
    """Begin to measure; what was freed before goes back, so that its use anew is seen."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    yield _growth_from_now("self")


def growth_of(pid: int) -> Growth:
    """Begin to measure another process of ours, to be asked for as long as it lives."""
    return _growth_from_now(str(pid))


def _growth_from_now(process: str) -> Growth:
    (_PROCESS / process / "clear_refs").write_text(_RESET_PEAK)
    return Growth(_resident("VmRSS", process), process)


def _resident(name: str, process: str) -> int:
    status = (_PROCESS / process / "status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024
