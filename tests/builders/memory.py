"""How much memory this process took at most while something happened."""

import ctypes
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"  # proc(5), clear_refs


@dataclass(frozen=True, slots=True)
class Growth:
    """By how much the resident set has been larger than at the beginning."""

    before: int

    @property
    def megabytes(self) -> float:
        """At its largest, so far."""
        return (_resident("VmHWM") - self.before) / MB


@contextmanager
def measured_growth() -> Iterator[Growth]:
    """Begin to measure; what was freed before goes back, so that its use anew is seen."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    (_PROCESS / "clear_refs").write_text(_RESET_PEAK)
    yield Growth(_resident("VmRSS"))


def _resident(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", (_PROCESS / "status").read_text())
    assert found is not None
    return int(found[1]) * 1024
