"""A listener's system calls: watched by strace, or made to fail by it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

ORDER = ["file synced", "linked", "folder synced", "committed", "answered"]
"""The first promise: nothing of it may change places."""

WATCHED = "trace=fsync,fdatasync,linkat,sendto,recvfrom"
_STEPS = {
    "file synced": r"fsync\(\d+<.*/spool/#\d+",
    "linked": r"linkat\(.*\.dcm\"",
    "folder synced": r"fsync\(\d+<.*/spool/[0-9a-f]{2}>",
    "committed": r"f(data)?sync\(\d+<.*-wal>|recvfrom.*\"C\\0\\0\\0\\vCOMMIT",
    "answered": r"sendto\(.*\"\\4\\0\\0\\0",
}


@contextmanager
def traced(pid: int, *expressions: str, output: Path) -> Iterator[None]:
    """Let strace hold a process, all its threads and those to come, until the block ends."""
    options = [word for expression in expressions for word in ("-e", expression)]
    command = ["strace", "-f", "-y", "-o", str(output), *options, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        said = tracer.stderr.readline()
        assert "attached" in said, said
        try:
            yield
        finally:
            tracer.terminate()
            tracer.communicate()


def steps(output: Path) -> list[str]:
    """Return the steps of the first promise in the order in which they were seen."""
    calls = output.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [name for call in calls for name, form in _STEPS.items() if re.search(form, call)]
    return [name for name, _ in groupby(found)]


def failed_calls(output: Path) -> int:
    """Count the calls that were made to fail."""
    return output.read_text(encoding="utf-8", errors="replace").count("(INJECTED)")
