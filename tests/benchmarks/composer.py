"""``python -m tests.benchmarks.composer WAY``: makes captures of films that are read already.

It says when it is ready, then answers each JSON line of files with the CPU time and the wall
time of overlay and encoding for one film, and with the size of the object. The findings are
made up, a little other for each film, so that no text but the labels is written twice.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from triage.decode import film
from triage.domain.assessment import Assessment, Finding, HeatMap, Model, Placement, Tier
from triage.domain.film import Film
from triage.domain.labels import LABELS
from triage.encode.secondary_capture import encode_capture
from triage.overlay.appearance import Appearance
from triage.overlay.compression import to_jpeg
from triage.overlay.page import draw

WAYS = {"plain": Appearance(), "jpeg": Appearance(jpeg_quality=90)}
MODEL = Model("two-heads", "1.0", "ab" * 32)


def main(way: str) -> None:
    """Answer until standard input closes."""
    cv2.setNumThreads(1)
    chance, appearance = np.random.default_rng(7), WAYS[way]
    _say({})
    for line in sys.stdin:
        paths = [Path(file) for file in json.loads(line)]
        read = [(path, film.read(path), _assess(chance)) for path in paths]
        compose(*read[0], appearance=appearance)
        begin, cpu = time.perf_counter(), time.process_time()
        sizes = [compose(*one, appearance=appearance) for one in read]
        wall_s, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
        times = {"CPU ms": 1000 * cpu_s / len(read), "wall ms": 1000 * wall_s / len(read)}
        _say({**times, "object MB": sum(sizes) / len(sizes) / 1e6})


def compose(path: Path, shown: Film, said: Assessment, *, appearance: Appearance) -> int:
    """Draw and encode one film as the worker does, and return the object's size in bytes."""
    picture, quality = draw(shown, said, appearance=appearance), appearance.jpeg_quality
    capture = encode_capture(
        path,
        picture,
        assessment=said,
        appearance_digest=appearance.digest,
        received_at=None,
        jpeg=None if quality is None else to_jpeg(picture, quality=quality),
    )
    return len(capture.encoded)


def _assess(chance: np.random.Generator) -> Assessment:
    findings = tuple(_findings(chance))
    place = Placement(0, 0.1, 1, 0.8)
    weights = chance.random((len(LABELS), 7, 7), dtype=np.float32)
    maps = (HeatMap(f.label, grid, place) for f, grid in zip(findings, weights, strict=True))
    return Assessment(MODEL, findings, tuple(maps))


def _findings(chance: np.random.Generator) -> Iterator[Finding]:
    yield Finding(LABELS[0], 0.7 + 0.3 * float(chance.random()), 0.5, Tier.FLAGGED)
    for label in LABELS[1:]:
        yield Finding(label, 0.5 * float(chance.random()), 0.5, Tier.BELOW)


def _say(words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
