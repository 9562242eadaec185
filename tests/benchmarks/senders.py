"""Senders: DCMTK's storescu, and processes of our own that send prebuilt bytes."""

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from threading import Timer
from time import monotonic

from tests.benchmarks.peers import TUNED
from tests.benchmarks.receiver import BenchError
from tests.builders.certificates import Papers
from triage.domain.study import Peer

LONGEST_S = 180.0
LOG_CONFIGURATION = """\
log4cplus.rootLogger = INFO, file
log4cplus.appender.file = log4cplus::FileAppender
log4cplus.appender.file.File = {file}
log4cplus.appender.file.layout = log4cplus::PatternLayout
log4cplus.appender.file.layout.ConversionPattern = %D{{%s}} %D{{%Q}} %m%n
"""
MOMENT = re.compile(r"(\d+) ([\d.]+) (Sending Store Request|Received Store Response \(Success\))")


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the time from the first sender's start to the last one's end, and per step.

    ``stored`` counts the answers of success, where the sender tells.
    """

    seconds: float
    durations_ms: tuple[float, ...] = ()
    stored: int = 0


Sender = Callable[[Peer, Sequence[Sequence[Path]]], Sent]
"""Sends one share of files in each of as many associations at the same time."""


def storescu(*, tuned: bool) -> Sender:
    """Return DCMTK's sender; its start is part of the time."""
    return partial(_storescu, tuned=tuned)


def storescu_with_a_log(folder: Path) -> Sender:
    """Return DCMTK's sender as installed; its log tells how long each object took."""
    return partial(_storescu_with_a_log, folder=folder)


def prebuilt(task: str = "stream", *, papers: Papers | None = None) -> Sender:
    """Return our own sender: a process for each share, started before the time runs.

    Args:
        task: what each process does, as ``modality`` names it.
        papers: certificate, key and authorities; with them it speaks TLS.
    """
    return partial(_prebuilt, task=task, papers=papers)


def shares(files: Sequence[Path], number: int) -> list[list[Path]]:
    """Deal files out to so many senders.

    >>> [[path.name for path in share] for share in shares([Path("a"), Path("b"), Path("c")], 2)]
    [['a', 'c'], ['b']]
    """
    return [list(files[begin::number]) for begin in range(number)]


def _storescu(
    peer: Peer, dealt: Sequence[Sequence[Path]], *, tuned: bool, options: Sequence[str] = ("-q",)
) -> Sent:
    command = ["storescu", *options, "-aec", peer.ae_title, peer.host, str(peer.port)]
    environment = {**os.environ, **(TUNED if tuned else {})}
    begin = monotonic()
    processes = [
        subprocess.Popen(
            [*command, *map(str, share)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for share in dealt
    ]
    codes = [_waited(process) for process in processes]
    seconds = monotonic() - begin
    if any(codes):
        raise BenchError(f"storescu ended with {codes}")
    return Sent(seconds)


def _storescu_with_a_log(peer: Peer, dealt: Sequence[Sequence[Path]], *, folder: Path) -> Sent:
    log, configuration = folder / "storescu.log", folder / "storescu.cfg"
    log.unlink(missing_ok=True)
    configuration.write_text(LOG_CONFIGURATION.format(file=log))
    sent = _storescu(peer, dealt, tuned=False, options=("-lc", str(configuration)))
    moments = [
        1000 * int(seconds) + float(milliseconds)
        for seconds, milliseconds, _ in MOMENT.findall(log.read_text())
    ]
    durations = tuple(
        after - before for before, after in zip(moments[::2], moments[1::2], strict=True)
    )
    return Sent(sent.seconds, durations, len(durations))


def _prebuilt(
    peer: Peer, dealt: Sequence[Sequence[Path]], *, task: str, papers: Papers | None
) -> Sent:
    files = [] if papers is None else [papers.certificate, papers.key, papers.authorities]
    asked = {"task": task, "peer": asdict(peer), "tls": [str(file) for file in files]}
    with ExitStack() as held:
        processes = [held.enter_context(_modality(asked, share)) for share in dealt]
        for process in processes:
            _line(process)  # it is ready
        for process in processes:
            _tell(process, "")
        reports = [json.loads(_line(process)) for process in processes]
    begin, end = min(r["begin"] for r in reports), max(r["end"] for r in reports)
    durations = itertools.chain.from_iterable(r["durations_ms"] for r in reports)
    return Sent(end - begin, tuple(durations), sum(r["stored"] for r in reports))


@contextmanager
def _modality(
    asked: Mapping[str, object], share: Sequence[Path]
) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.benchmarks.modality"]
    request = {**asked, "files": [str(file) for file in share]}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            _tell(process, json.dumps(request))
            yield process
        finally:
            process.kill()


def _tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchError("a sender failed")
    return line


def _waited(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end; ``wait`` with a timeout would look once in 50 ms only."""
    patience = Timer(LONGEST_S, process.kill)
    patience.start()
    try:
        return process.wait()
    finally:
        patience.cancel()
