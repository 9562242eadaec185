"""Decoding in children that are kept warm: no file can crash, stop or fill the daemon.

A child has so much memory and so much time for a file. One that dies, hangs or fails is
replaced; the file is tried once more by its successor, in case the first was killed for
somebody else's fault, and then it is the film that is refused.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from triage.decode.refusal import refused
from triage.decode.wire import LONGEST_MESSAGE, mapped, unpacked
from triage.domain.assessment import Refusal, RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film

MEMORY_BYTES = 1536 * 1024 * 1024
"""Beyond what a warm child occupies; 100 million pixels of JPEG 2000 took one to 1.36 GB in all."""

TIME_LIMIT_S = 60.0

_TRIES = 2
_COMMAND = (sys.executable, "-m", "triage.decode.guarded")


class Lost(Exception):
    """A child gave no answer; the message is the sentence of the refusal."""


class Guard:
    """Decodes as ``triage.decode.film`` does, in children of its own.

    There are as many children as callers that ever asked at once, and one for each processor at
    most: further callers wait. They end when the guard is no longer used, at the latest with
    this process.

    Args:
        memory_bytes: of address space for one file, beyond a warm child's own.
        time_limit_s: for one file, not for the wait before it.
        most_children: one for each processor that this process may use, if absent.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = MEMORY_BYTES,
        time_limit_s: float = TIME_LIMIT_S,
        most_children: int | None = None,
    ) -> None:
        self._limits = {"memory_bytes": memory_bytes, "time_limit_s": time_limit_s}
        self._turns = threading.Semaphore(most_children or len(os.sched_getaffinity(0)))
        self._idle = deque([_Child()])  # warms up while others load their networks

    def read(self, path: Path, *, minimum_age_years: int | None = 18) -> Film:
        """Read a film from a DICOM, PNG or JPEG file, told apart by content.

        Args:
            path: the file; its name does not matter.
            minimum_age_years: patients known to be younger are refused; ``None`` opens the
                header's gate.

        Returns:
            The film; ``stored`` cannot be written, and is what the file held when it was read.

        Raises:
            UnassessableFilm: the film cannot or must not be assessed; ``DECODER`` where it is
                the child that ended.
            OSError: the file cannot be opened: that says nothing about the film.
        """
        film = self._asked({"minimum_age_years": minimum_age_years}, path)
        if not isinstance(film, Film):
            raise TypeError(f"a child answered with {type(film).__name__}: a film was asked for")
        return film

    def same_pixels(self, first: Path, second: Path) -> bool:
        """Tell whether two files carry the same pixels, however they are compressed.

        Raises:
            UnassessableFilm: a file is no DICOM object; ``DECODER`` where the child ended.
            OSError: a file cannot be opened.
        """
        return self._asked({}, first, second) is True

    def _asked(self, request: Mapping[str, object], *paths: Path) -> object:
        with self._turns, ExitStack() as opened:
            files = [opened.enter_context(path.open("rb")) for path in paths]
            for tries_left in reversed(range(_TRIES)):
                child = self._child()
                try:
                    answer = child.ask({**request, **self._limits}, files)
                except Lost as lost:
                    child.end()
                    self._idle.append(_Child())
                    if tries_left and not isinstance(lost.__cause__, TimeoutError):
                        continue
                    raise refused(RefusalCode.DECODER, str(lost)) from lost
                self._idle.append(child)
                if isinstance(answer, Refusal):
                    raise UnassessableFilm(answer)
                return answer
        raise AssertionError("unreachable: the last try returns or raises")

    def _child(self) -> "_Child":
        try:
            return self._idle.pop()
        except IndexError:
            return _Child()


class _Child:
    """One process that decodes; it ends with this object."""

    def __init__(self) -> None:
        self._peer, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                _COMMAND,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.end = weakref.finalize(self, _end, self._process, self._peer)

    def ask(self, request: Mapping[str, object], files: Sequence[BinaryIO]) -> object:
        """Ask for one thing; the answer is a film, a refusal, or whether two films are the same.

        Raises:
            Lost: the child died, took too long, failed, or answered nonsense.
        """
        limit_s = float(str(request["time_limit_s"]))
        self._peer.settimeout(limit_s)
        try:
            descriptors = [file.fileno() for file in files]
            socket.send_fds(self._peer, [json.dumps(request).encode()], descriptors)
            message, memories, *_ = socket.recv_fds(self._peer, LONGEST_MESSAGE, 1)
        except TimeoutError as error:
            raise Lost(f"The decoder took more than {limit_s:g} s.") from error
        except OSError as error:
            raise Lost(self._how_it_ended()) from error
        if not message:
            raise Lost(self._how_it_ended())
        try:
            return _understood(json.loads(message), memories, files)
        except (LookupError, TypeError, ValueError, OSError) as error:
            raise Lost("The decoder answered nonsense.") from error
        finally:
            for memory in memories:
                os.close(memory)

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        ended = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"The decoder died of this film ({ended})."


def _understood(
    answer: dict[str, object], memories: Sequence[int], files: Sequence[BinaryIO]
) -> object:
    if "failed" in answer:
        raise Lost(str(answer["failed"]))
    if "refusal" in answer:
        refusal = answer["refusal"]
        if not isinstance(refusal, dict):
            raise TypeError("a refusal is a code and a sentence")
        return Refusal(RefusalCode(refusal["code"]), str(refusal["sentence"]))
    if "same" in answer:
        return answer["same"]
    places = answer["arrays"]
    if not isinstance(places, list):
        raise TypeError("arrays are a list of places")
    return unpacked(answer["film"], mapped(memories[0], places, files[0]))


def _end(process: subprocess.Popen[bytes], peer: socket.socket) -> None:
    """Kill rather than ask: it may be in the midst of a codec that never returns."""
    peer.close()
    process.kill()
    process.wait()
