import numpy as np
import pytest
import torch
from torch import Tensor

from tests.unit.infer.bundles import network
from triage.domain.errors import ConfigurationError
from triage.infer.golden import drawings, golden_of, pattern, refuse_difference
from triage.infer.input import InputSpec

SPEC = InputSpec(size=32)


@pytest.fixture
def golden() -> dict[str, Tensor]:
    return golden_of(network(), SPEC)


def test_the_golden_input_has_structure_at_every_brightness() -> None:
    square = pattern(224)

    assert square.shape == (224, 224)
    assert len(np.unique(square.numpy())) > 200


def test_the_drawings_are_unlike_each_other_and_begin_with_the_golden_input() -> None:
    squares = drawings(224)

    flat = squares.flatten(1)
    apart = torch.cdist(flat, flat) / 224 + torch.eye(8)
    assert squares.shape == (8, 224, 224)
    assert torch.equal(squares[0], pattern(224).float() / 255)
    assert float(apart.min()) > 0.1
    assert 0 <= float(squares.min()) <= float(squares.max()) <= 1


def test_the_same_network_reproduces_its_golden_output(golden: dict[str, Tensor]) -> None:
    refuse_difference(network(), golden, spec=SPEC, tolerance=1e-6)


@pytest.mark.parametrize("name", ["logits", "maps"])
def test_another_output_is_refused_with_its_distance(golden: dict[str, Tensor], name: str) -> None:
    golden[name] = golden[name] + 0.5

    with pytest.raises(ConfigurationError, match=rf"golden {name} differ by 0\.5: at most 0\.001"):
        refuse_difference(network(), golden, spec=SPEC, tolerance=1e-3)


def test_an_output_that_is_no_number_is_refused(golden: dict[str, Tensor]) -> None:
    golden["logits"] = torch.full_like(golden["logits"], torch.nan)

    with pytest.raises(ConfigurationError, match="differ by nan"):
        refuse_difference(network(), golden, spec=SPEC, tolerance=1e-3)


def test_a_missing_output_is_refused(golden: dict[str, Tensor]) -> None:
    del golden["maps"]

    with pytest.raises(ConfigurationError, match="tensor maps is missing"):
        refuse_difference(network(), golden, spec=SPEC, tolerance=1e-3)


def test_an_output_of_another_shape_is_refused(golden: dict[str, Tensor]) -> None:
    golden["logits"] = torch.zeros(1, 3)

    with pytest.raises(ConfigurationError, match=r"shape of logits \(1, 3\): \(1, 2\)"):
        refuse_difference(network(), golden, spec=SPEC, tolerance=1e-3)
