"""``python -m tests.benchmarks.reader WAY TINY``: makes network inputs of films, one way.

It reads ``TINY`` and says so, then answers each JSON line of files with the CPU time of all its
processes and the wall time for one film, and what its child has held.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from torch import Tensor

from tests.benchmarks.receiver import with_children
from triage.decode import film
from triage.decode.guard import Guard
from triage.domain.assessment import RefusalCode
from triage.domain.errors import UnassessableFilm
from triage.domain.film import Film
from triage.infer.input import InputSpec, centred, network_input, normalise
from triage.infer.screener import load_screener, shipped_screener
from triage.infer.screening import Screening

Way = Callable[[Path], object]

SPEC = InputSpec()


def main(way: str, tiny: Path) -> None:
    """Answer until standard input closes."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    make = WAYS[way]()
    make(tiny)
    children = with_children(os.getpid())[1:]
    warm = _held(children)
    _say({})
    for line in sys.stdin:
        files = [Path(file) for file in json.loads(line)]
        begin, cpu = time.perf_counter(), _cpu_s(children)
        for file in files:
            make(file)
        wall_s, cpu_s = time.perf_counter() - begin, _cpu_s(children) - cpu
        times = {"CPU ms": 1000 * cpu_s / len(files), "wall ms": 1000 * wall_s / len(files)}
        _say({**times, **_growth(warm, _held(children))})


def _guarded() -> Way:
    """As the worker does it."""
    guard = Guard()
    return _product(guard.read)


def _unguarded() -> Way:
    """The same without a child."""
    return _product(film.read)


def _product(read: Callable[[Path], Film]) -> Way:
    screening = Screening(load_screener(shipped_screener()).judge)

    def make(path: Path) -> Tensor:
        found = read(path)
        _ask(screening, found)
        return network_input(found, SPEC)[0]

    return make


def _ask(screening: Screening, found: Film) -> None:
    """Ask all gates; the last of them may see that a phantom is no chest, or that it is tiny."""
    try:
        screening.screen(found)
    except UnassessableFilm as error:
        if error.refusal.code not in {RefusalCode.NOT_FRONTAL_CHEST, RefusalCode.SIZE}:
            raise


def _pydicom() -> Way:
    """pydicom's own functions, at full size as they come; nothing is screened or checked."""
    return _by_pydicom


def _by_pydicom(path: Path) -> Tensor:
    dataset = dcmread(path)
    shown = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        shown = shown.max() - shown
    small = _smaller(shown / (2**dataset.BitsStored - 1))
    return normalise(torch.from_numpy(small)[None], SPEC)[0]


def _smaller(shown: NDArray[np.floating]) -> NDArray[np.float32]:
    box = centred((shown.shape[0], shown.shape[1]), SPEC.size)
    square = np.zeros((SPEC.size, SPEC.size), np.float32)
    square[box.slices] = cv2.resize(shown, (box.columns, box.rows), interpolation=cv2.INTER_AREA)
    return square


WAYS: dict[str, Callable[[], Way]] = {
    "guarded": _guarded,
    "unguarded": _unguarded,
    "pydicom": _pydicom,
}


def _cpu_s(children: list[int]) -> float:
    """Sum the CPU time of this process and its children, in nanoseconds' steps.

    The clock of another process is clock_getcpuclockid(3), which Python does not have; the
    ticks of ``/proc`` are 10 ms.
    """
    theirs = 0.0
    for pid in children:
        with suppress(OSError):  # it has ended
            theirs += time.clock_gettime((~pid << 3) | 2)
    return time.process_time() + theirs


def _held(children: list[int]) -> dict[str, float]:
    """Read the child's address space now, and its largest so far, in MB; {} without a child."""
    for pid in children:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        words = {line.partition(":")[0]: line.split() for line in lines}
        return {name: int(words[name][1]) * 1024 / 1e6 for name in ("VmSize", "VmPeak", "VmHWM")}
    return {}


def _growth(warm: Mapping[str, float], held: Mapping[str, float]) -> dict[str, float]:
    if not held:
        return {}
    return {
        "child's peak RSS MB": held["VmHWM"],
        "address space added MB": max(0.0, held["VmPeak"] - warm["VmSize"]),
    }


def _say(words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
