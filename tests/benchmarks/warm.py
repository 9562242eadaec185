"""Talk to a process that is kept warm: a line goes in, a line of figures comes out."""

import json
import subprocess

from tests.benchmarks.figures import Figures
from tests.benchmarks.receiver import BenchError


def asked(process: "subprocess.Popen[str]", line: str) -> Figures:
    """Send a line and wait for its figures."""
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return answer(process)


def answer(process: "subprocess.Popen[str]") -> Figures:
    """Wait for figures.

    Raises:
        BenchError: the process has ended instead.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchError("a process that was to be measured has ended")
    figures: Figures = json.loads(line)
    return figures
