"""``python -m tests.benchmarks.networks WAY``: one way to ask the shipped network, kept warm.

It answers each line on standard input with figures as JSON, and begins with an empty answer
when it is warm. All ways see the same tensor and have the same two threads.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module

import torch
from torch import Tensor, nn

from triage.infer.bundle import Bundle, load_bundle, shipped_bundle
from triage.infer.densenet import DenseNet
from triage.infer.input import normalise
from triage.infer.predictor import Predictor
from triage.infer.seat import Engine

THREADS = 2
IMAGES = 32
Ask = Callable[[Tensor], object]


@dataclass(frozen=True, slots=True)
class Way:
    """How a batch is asked about.

    Args:
        batch: images at a time.
        make: gives what is called with squares (B, size, size) within [0, 1].
    """

    batch: int
    make: Callable[[Bundle], Ask]


class Logits(nn.Module):
    """The network as a library expects it: a tensor in, a tensor out."""

    def __init__(self, network: DenseNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> Tensor:
        return self.network.activations(batch).logits


def _triage(bundle: Bundle, *, engine: Engine = Engine.TORCH) -> Ask:
    predictor = Predictor(bundle, "cpu", engine=engine)
    if predictor.degraded is not None:
        raise RuntimeError(predictor.degraded)
    return predictor.scored


def _plain(bundle: Bundle) -> Ask:
    @torch.inference_mode()
    def ask(squares: Tensor) -> Tensor:
        return torch.sigmoid(bundle.network.activations(_input(bundle, squares)).logits)

    return ask


def _article(bundle: Bundle) -> Ask:
    """A forward for the probability and another for the map, gradients on."""
    network = bundle.network.requires_grad_()

    def ask(squares: Tensor) -> tuple[Tensor, Tensor]:
        batch = _input(bundle, squares)
        score = torch.sigmoid(network.activations(batch).logits)
        features = torch.relu(network.features(batch))  # (1, C, h, w)
        return score, (network.classifier.weight[0, :, None, None] * features).sum(dim=1)

    return ask


def _pytorch_grad_cam(bundle: Bundle) -> Ask:
    library = import_module("pytorch_grad_cam")  # optional, and slow to import
    targets = import_module("pytorch_grad_cam.utils.model_targets")
    first = targets.ClassifierOutputTarget(0)
    whole = Logits(bundle.network.requires_grad_())
    camera = library.GradCAM(model=whole, target_layers=[bundle.network.features])

    def ask(squares: Tensor) -> object:
        return camera(_input(bundle, squares), targets=[first] * len(squares))

    return ask


def _openvino(bundle: Bundle, *, precision: str) -> Ask:
    openvino = import_module("openvino")  # optional, and slow to import
    size = bundle.card.input.size
    shape = [-1, bundle.card.input.spec.channels, size, size]
    example = _input(bundle, torch.zeros(2, size, size))
    model = openvino.convert_model(bundle.network, example_input=example, input=shape)
    options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": THREADS}
    compiled = openvino.Core().compile_model(model, "CPU", options)
    return lambda squares: compiled(_input(bundle, squares).numpy())


def _input(bundle: Bundle, squares: Tensor) -> Tensor:
    """Normalise as the product does, but leave channels first, as a library's user would."""
    return normalise(squares, bundle.card.input.spec).contiguous()


WAYS = {
    "triage": Way(8, _triage),
    "triage, one by one": Way(1, _triage),
    "triage on OpenVINO": Way(8, partial(_triage, engine=Engine.OPENVINO)),
    "triage on OpenVINO, one by one": Way(1, partial(_triage, engine=Engine.OPENVINO)),
    "torch fp32": Way(8, _plain),
    "the article's way": Way(1, _article),
    "torch + pytorch-grad-cam": Way(8, _pytorch_grad_cam),
    "OpenVINO bfloat16": Way(8, partial(_openvino, precision="bf16")),
    "OpenVINO fp32": Way(8, partial(_openvino, precision="f32")),
}
NEEDS = {
    "torch + pytorch-grad-cam": "pytorch_grad_cam",
    "triage on OpenVINO": "openvino",
    "triage on OpenVINO, one by one": "openvino",
    "OpenVINO bfloat16": "openvino",
    "OpenVINO fp32": "openvino",
}
"""The modules of the bench extra."""


def main(name: str) -> None:
    """Answer until standard input ends."""
    torch.set_num_threads(THREADS)
    bundle = load_bundle(shipped_bundle())
    way, size = WAYS[name], bundle.card.input.size
    ask = way.make(bundle)
    squares = torch.rand(way.batch, size, size, generator=torch.Generator().manual_seed(0))
    ask(squares)
    _say({})
    for _ in sys.stdin:
        _say(_measured(ask, squares))


def _measured(ask: Ask, squares: Tensor) -> dict[str, float]:
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(IMAGES // len(squares)):
        ask(squares)
    wall_s, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    return {"images/s": IMAGES / wall_s, "images/CPU-s": IMAGES / cpu_s}


def _say(figures: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
