"""``python -m tests.benchmarks.accelerated WAY SOURCE BATCH IMAGES DEVICE``: a device, kept warm.

It answers each line on standard input with figures as JSON, and begins with an empty answer when
it is warm. ``SOURCE`` is ``memory`` (one tensor) or ``films`` (DICOM files, read, drawn and asked
in batches). Every answer is fetched from the device before the clock is read.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path

import torch
from torch import Tensor

from tests.benchmarks.networks import Ask, Logits
from triage.decode.film import read
from triage.infer.bundle import Bundle, load_bundle, shipped_bundle
from triage.infer.input import letterbox, normalise
from triage.infer.predictor import Predictor

CHESTS = ("dx_mass.dcm", "cr_normal.dcm")
SAMPLES = Path(__file__).parents[2] / "sample_dicoms"


def _triage(bundle: Bundle, device: str) -> Ask:
    predictor = Predictor(bundle, device)
    if predictor.degraded is not None:
        raise RuntimeError(predictor.degraded)
    return predictor.scored


def _plain(bundle: Bundle, device: str) -> Ask:
    network = bundle.network.to(device)

    @torch.inference_mode()
    def ask(squares: Tensor) -> Tensor:
        batch = normalise(squares.to(device), bundle.card.input.spec).contiguous()
        return torch.sigmoid(network.activations(batch).logits).cpu()

    return ask


def _pytorch_grad_cam(bundle: Bundle, device: str) -> Ask:
    library = import_module("pytorch_grad_cam")  # optional, and slow to import
    targets = import_module("pytorch_grad_cam.utils.model_targets")
    first = targets.ClassifierOutputTarget(0)
    network = bundle.network.to(device).requires_grad_()
    camera = library.GradCAM(model=Logits(network), target_layers=[network.features])

    def ask(squares: Tensor) -> object:
        batch = normalise(squares.to(device), bundle.card.input.spec).contiguous()
        return camera(batch, targets=[first] * len(squares))

    return ask


WAYS: dict[str, Callable[[Bundle, str], Ask]] = {
    "triage": _triage,
    "torch fp32": _plain,
    "torch + pytorch-grad-cam": _pytorch_grad_cam,
}


def in_memory(size: int, *, batch: int, images: int) -> Iterator[Tensor]:
    """Give the same squares (batch, size, size) again and again."""
    squares = torch.rand(batch, size, size, generator=torch.Generator().manual_seed(0))
    yield from [squares] * (images // batch)


def from_films(size: int, *, batch: int, images: int) -> Iterator[Tensor]:
    """Read films on every core, ahead of the device, and give them as they are ready."""
    files = islice(cycle(SAMPLES / name for name in CHESTS), images)
    with ThreadPoolExecutor(os.cpu_count()) as readers:
        drawn = readers.map(lambda file: letterbox(read(file), size)[0], files)
        while squares := list(islice(drawn, batch)):
            yield torch.stack(squares)


SOURCES = {"memory": in_memory, "films": from_films}


def turn(ask: Ask, batches: Iterator[Tensor]) -> dict[str, float]:
    """Ask about all batches and tell how fast that was."""
    begin = time.perf_counter()
    asked = 0
    for squares in batches:
        ask(squares)
        asked += len(squares)
    return {"images/s": asked / (time.perf_counter() - begin)}


def main(words: Sequence[str]) -> None:
    """Answer until standard input ends."""
    way, source, batch, images, device = words
    bundle = load_bundle(shipped_bundle())
    ask = WAYS[way](bundle, device)

    def batches(images: int) -> Iterator[Tensor]:
        return SOURCES[source](bundle.card.input.size, batch=int(batch), images=images)

    turn(ask, batches(int(batch)))
    _say({})
    for _ in sys.stdin:
        _say(turn(ask, batches(int(images))))


def _say(figures: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
