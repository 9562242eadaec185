"""The child that decodes: what a hostile file can hurt is this process and no other.

It ends with its owner, whose end closes standard input, a sequenced socket. Requests come with
open files, answers go with sealed shared memory; nothing is written anywhere else.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from triage.decode.content import Content
from triage.decode.film import film_in, same_pixels_in
from triage.decode.wire import LONGEST_MESSAGE, packed, shared
from triage.domain.errors import UnassessableFilm, place_of

MOST_FILES = 2
MIB = 1024 * 1024
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt(3)."""


def main() -> int:
    """Answer requests until the owner has gone, or one has failed: who failed is not trusted."""
    peer = socket.socket(fileno=0)
    # Both come to whole groups of processes; the owner says when it is over.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core holds the patient
    cv2.setNumThreads(1)
    _keep_freed_memory()
    occupied = _address_space()
    while True:
        message, descriptors, *_ = socket.recv_fds(peer, LONGEST_MESSAGE, MOST_FILES)
        if not message:
            return 0
        request = json.loads(message)
        _confine(occupied + request["memory_bytes"], request["time_limit_s"])
        try:
            answer, memory = _answer(request, [os.fdopen(d, "rb") for d in descriptors])
        except UnassessableFilm as error:
            answer, memory = {"refusal": asdict(error.refusal)}, None
        except Exception as error:  # the one place where a decoder's fault ends
            _send(peer, {"failed": _sentence(error, request["memory_bytes"])}, None)
            return 1
        _send(peer, answer, memory)


def _keep_freed_memory() -> None:
    """Keep some memory between films: to be given its 900 pages anew took 1.7 ms of each film."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 8 * MIB)
        mallopt(_TRIM_THRESHOLD, 32 * MIB)


def _sentence(error: Exception, memory_bytes: int) -> str:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return f"The decoder needed more than {memory_bytes // MIB} MiB of memory."
    return f"The decoder failed ({place_of(error)})."


def _address_space() -> int:
    """Count the bytes of address space that are in use before any file was read."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * resource.getpagesize()


def _confine(memory_bytes: int, time_limit_s: float) -> None:
    """Limit what the next file may take; a child whose owner was killed cannot spin for ever."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + time_limit_s) + 1
    for limit, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, seconds)):
        resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))


def _answer(
    request: Mapping[str, int], files: Sequence[BinaryIO]
) -> tuple[dict[str, object], int | None]:
    """Do what is asked with one file, a film, or with two, a comparison."""
    try:
        contents = [Content(file) for file in files]
    finally:
        for file in files:
            file.close()
    if len(contents) == MOST_FILES:
        return {"same": same_pixels_in(*contents)}, None
    film = film_in(contents[0], minimum_age_years=request["minimum_age_years"])
    arrays: list[NDArray[np.generic]] = []
    said = packed(film, arrays)
    memory, places = shared(arrays, contents[0])
    return {"film": said, "arrays": places}, memory


def _send(peer: socket.socket, answer: dict[str, object], memory: int | None) -> None:
    descriptors = [] if memory is None else [memory]
    socket.send_fds(peer, [json.dumps(answer).encode()], descriptors)
    for descriptor in descriptors:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main())
