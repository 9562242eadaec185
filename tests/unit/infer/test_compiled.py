import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.builders.openvino import needs_openvino
from tests.unit.infer.bundles import SPEC
from tests.unit.infer.lived import lived
from triage.infer.compiled import compiled
from triage.infer.densenet import ARCHITECTURES
from triage.infer.folded import fold
from triage.infer.input import InputSpec
from triage.infer.precision import Precision

pytestmark = needs_openvino

GRAY = InputSpec(32, mean=(0.5,), deviation=(0.5,))
SILENT = """
import sys
import torch
from tests.unit.infer.bundles import SPEC
from tests.unit.infer.lived import lived
from triage.infer.compiled import compiled
from triage.infer.folded import fold
from triage.infer.precision import Precision

seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith("socket.") else None)
ask = compiled(fold(lived()), SPEC, precision=Precision.FLOAT32, threads=1)
ask(torch.zeros(1, 3, 32, 32))
{more}
sys.exit(bool(seen))
"""


def batch_of(spec: InputSpec, count: int = 3) -> Tensor:
    shape = count, spec.channels, spec.size, spec.size
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    return drawn.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("spec", [SPEC, GRAY], ids=["3 channels", "1 channel"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_features_are_the_networks(architecture: str, spec: InputSpec) -> None:
    network = lived(architecture, channels=spec.channels)
    batch = batch_of(spec)

    found = compiled(fold(network), spec, precision=Precision.FLOAT32, threads=2)(batch)

    wanted = network.features(batch)
    assert found.dtype is torch.float32
    assert float((found - wanted).abs().max() / wanted.abs().max()) < 1e-5


def test_batches_of_every_length_are_taken() -> None:
    ask = compiled(fold(lived()), SPEC, precision=Precision.FLOAT32, threads=2)
    whole = ask(batch_of(SPEC, 5))

    for count in (1, 2, 4):
        torch.testing.assert_close(ask(batch_of(SPEC, 5)[:count]), whole[:count], rtol=0, atol=1e-4)


def test_a_shorter_precision_is_near() -> None:
    folded, batch = fold(lived()), batch_of(SPEC)

    found = compiled(folded, SPEC, precision=Precision.BFLOAT16, threads=2)(batch)

    wanted = folded(batch)
    assert float((found - wanted).abs().max() / wanted.abs().max()) < 0.1


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_film_of_no_numbers_gives_none_and_spoils_no_other(value: float) -> None:
    batch = batch_of(SPEC)
    batch[1, 0, 5, 5] = value

    found = compiled(fold(lived()), SPEC, precision=Precision.FLOAT32, threads=2)(batch)

    assert found.isnan().flatten(1).all(dim=1).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("more", "code"), [("", 0), ("__import__('socket').socket()", 1)], ids=["engine", "a socket"]
)
def test_it_opens_no_connection(more: str, code: int) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SILENT.format(more=more)]

    done = subprocess.run(command, check=False, cwd=Path(__file__).parents[3])

    assert done.returncode == code
