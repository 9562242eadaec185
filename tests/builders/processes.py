"""Which processes run below another one, and how far they are."""

import re
import signal
from pathlib import Path


def children_of(pid: int, module: str) -> set[int]:
    """Return the children of a process that run a module and have not ended."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            command = stat.with_name("cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        if int(parent) == pid and state != "Z" and module in command.split("\0"):
            found.add(int(stat.parent.name))
    return found


def ignores(pid: int, number: signal.Signals) -> bool:
    """Tell whether a process ignores a signal: our children do from when they are ready."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = re.search(r"SigIgn:\s+([0-9a-f]+)", status)
    assert mask is not None
    return bool(int(mask[1], 16) >> (number - 1) & 1)
