"""What the daemon's processes spend and hold, by their roles; other work on a machine is no part.

The roles are the last words of their commands; a decoder belongs to the worker.
"""

import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.receiver import with_children

ROLES = ("listener", "scheduler", "worker", "decoder", "courier")
DECODER = "triage.decode.guarded"


def cpu_by_role(pid: int) -> dict[str, float]:
    """Sum the CPU seconds that a daemon's processes have used so far."""
    used: defaultdict[str, float] = defaultdict(float)
    for child in with_children(pid)[1:]:
        with suppress(OSError):  # it has ended
            words = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            used[_role(child)] += (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return dict(used)


def peak_rss(pid: int, role: str) -> float:
    """Return the most that a role's processes have held, in MB (10^6 bytes)."""
    held = 0.0
    for child in with_children(pid)[1:]:
        with suppress(OSError):
            if _role(child) == role:
                lines = Path(f"/proc/{child}/status").read_text().splitlines()
                (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
                held += int(peak) * 1024 / 1e6
    return held


def _role(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    return "decoder" if words[-1] == DECODER else words[-1]
