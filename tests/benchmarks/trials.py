"""What one repetition does with a receiver, and the figures it gives."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic

from tests.benchmarks.contest import Contestant
from tests.benchmarks.figures import Figures, percentile
from tests.benchmarks.memory import Watch, held_by
from tests.benchmarks.receiver import BenchError, Receiver, Running
from tests.benchmarks.senders import Sender, Sent, prebuilt, shares
from tests.benchmarks.wire import Association, Store, maximum_length_of
from tests.builders.certificates import Papers
from triage.domain.study import Peer

SILENT_SOURCES = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
"""A receiver may allow each host only so many connections that say nothing."""

GREETINGS = 6

Script = Callable[[Running], Figures]


def trial(receiver: Receiver, script: Script, *, name: str | None = None) -> Contestant:
    """Start the receiver in an empty folder, and do what the script says."""

    def run(folder: Path) -> Figures:
        with receiver.start(folder) as running:
            return script(running)

    return Contestant(name or receiver.name, run)


def reception(sender: Sender, files: Sequence[Path], *, associations: int = 1) -> Script:
    """Send files in so many associations at once."""
    return partial(_receive, sender=sender, files=files, associations=associations)


def copying(files: Sequence[Path], *, associations: int) -> Script:
    """Send files to somebody who knows no DICOM."""

    def script(running: Running) -> Figures:
        sent = prebuilt("copy")(running.peer, shares(files, associations))
        _check(running, len(files))
        return _speed(sent, files)

    return script


def memory(files: Sequence[Path], warming: Sequence[Path], *, associations: int) -> Script:
    """Send files in so many associations at once, and look at the receiver's memory."""
    return partial(_watch, files=files, warming=warming, associations=associations)


def crowd(files: Sequence[Path]) -> Script:
    """Let as many senders come at the same moment as there are files."""

    def script(running: Running) -> Figures:
        _greet(running)
        sent = prebuilt("crowd")(running.peer, [files])
        _check(running, sent.stored)
        return {"served": sent.stored, "until all are served s": sent.seconds}

    return script


def held_open(files: Sequence[Path]) -> Script:
    """Open as many associations as there are files, then store one file in each."""
    return partial(_hold_open, files=files)


def among_silent(
    files: Sequence[Path], *, silent: int, papers: Papers | None = None, said: bytes = b""
) -> Script:
    """Let each file come in an association of its own, while so many others say this, no more.

    The senders speak TLS where they have papers.
    """
    return partial(_among_silent, files=files, silent=silent, papers=papers, said=said)


def _receive(
    running: Running, *, sender: Sender, files: Sequence[Path], associations: int
) -> Figures:
    _greet(running)
    sent = sender(running.peer, shares(files, associations))
    _check(running, len(files))
    return _speed(sent, files)


def _watch(
    running: Running, *, files: Sequence[Path], warming: Sequence[Path], associations: int
) -> Figures:
    prebuilt("visits")(running.peer, [warming])  # what is loaded once is not growth
    idle = held_by(running.pids())
    with Watch(running.pids) as watch:
        prebuilt()(running.peer, shares(files, associations))
    _check(running, len(files) + len(warming))
    growth = (watch.peak.pss - idle.pss) * 1e6 / 2**20
    return {
        "peak RSS MB": watch.peak.rss,
        "peak PSS MB": watch.peak.pss,
        "idle RSS MB": idle.rss,
        "idle PSS MB": idle.pss,
        "growth per association MiB": growth / associations,
    }


def _hold_open(running: Running, *, files: Sequence[Path]) -> Figures:
    length = maximum_length_of(running.peer)
    stores = [Store.of(file, message_id=1, maximum_length=length) for file in files]
    with ExitStack() as held:
        begin = monotonic()
        accepted = [one for _ in stores if (one := _accepted(running.peer, held)) is not None]
        opening_s = monotonic() - begin
        answers = [one.store(store) for one, store in zip(accepted, stores, strict=False)]
        memory = held_by(running.pids())
    _check(running, answers.count(0))
    return {
        "accepted": len(accepted),
        "served": answers.count(0),
        "opening s": opening_s,
        "held RSS MB": memory.rss,
        "held PSS MB": memory.pss,
    }


def _accepted(peer: Peer, held: ExitStack) -> Association | None:
    with suppress(BenchError, OSError):
        association = Association(peer)
        held.callback(association.close)
        return association
    return None


def _among_silent(
    running: Running, *, files: Sequence[Path], silent: int, papers: Papers | None, said: bytes
) -> Figures:
    if papers is None:
        _greet(running)
    with _silent(running.peer, silent) as others:
        for other in others:
            other.sendall(said)
        sent = prebuilt("visits", papers=papers)(running.peer, [files])
        left = sum(_is_open(other) for other in others)
    _check(running, len(files))
    return {**_speed(sent, files), "silent ones still open": left}


@contextmanager
def _silent(peer: Peer, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as held:
        yield [
            held.enter_context(
                socket.create_connection(
                    (peer.host, peer.port),
                    source_address=(SILENT_SOURCES[place % len(SILENT_SOURCES)], 0),
                )
            )
            for place in range(number)
        ]


def _is_open(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _speed(sent: Sent, files: Sequence[Path]) -> Figures:
    size = sum(file.stat().st_size for file in files)
    figures = {"MB/s": size / sent.seconds / 1e6, "objects/s": len(files) / sent.seconds}
    for part in (50, 95, 99) if sent.durations_ms else ():
        figures[f"p{part} ms"] = percentile(sent.durations_ms, part / 100)
    return figures


def _greet(running: Running) -> None:
    """Let each of its processes load what it loads at first use."""
    for _ in range(GREETINGS):
        maximum_length_of(running.peer)


def _check(running: Running, stored: int) -> None:
    if (kept := running.kept()) != stored:
        raise BenchError(f"{stored} objects were sent, {kept} are kept")
