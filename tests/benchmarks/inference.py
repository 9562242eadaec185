"""``python -m tests.benchmarks.inference``: a core's worth of the shipped network, until killed.

It prints a line when the first film has gone through.
"""

import sys

import torch

from triage.daemon.worker import give_way
from triage.infer.bundle import load_bundle, shipped_bundle


def main() -> None:
    """Assess the same black film for ever, as politely as a worker does."""
    give_way()
    torch.set_num_threads(1)
    bundle = load_bundle(shipped_bundle())
    size = bundle.card.input.spec.size
    film = torch.zeros(1, 3, size, size)
    with torch.inference_mode():
        bundle.network(film)
        sys.stdout.write("working\n")
        sys.stdout.flush()
        while True:
            bundle.network(film)


if __name__ == "__main__":
    main()
