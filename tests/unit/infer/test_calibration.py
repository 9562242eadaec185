import pytest
import torch

from triage.infer.calibration import probabilities, stretched


def test_a_temperature_of_one_is_the_plain_sigmoid() -> None:
    logits = torch.linspace(-9, 9, 19)

    torch.testing.assert_close(
        probabilities(logits, temperature=1.0), torch.sigmoid(logits.double())
    )


@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_a_huge_logit_stays_within_zero_and_one(logit: float) -> None:
    found = float(probabilities(torch.tensor(logit), temperature=0.5))

    assert found in (0.0, 1.0)


def test_an_operating_point_becomes_one_half_and_the_ends_stay() -> None:
    found = stretched(torch.tensor([[0.0], [0.02], [1.0]]), torch.tensor([0.02]))

    assert found[:, 0].tolist() == [0.0, 0.5, 1.0]


def test_stretching_keeps_the_order_of_films() -> None:
    rising = torch.linspace(0, 1, 1001, dtype=torch.float64)[:, None]

    assert bool((stretched(rising, torch.tensor([0.07])).diff(dim=0) > 0).all())


def test_a_label_without_operating_point_stays_as_it_is() -> None:
    scores = torch.tensor([[0.3, 0.3]])

    found = stretched(scores, torch.tensor([torch.nan, 0.1]))

    assert found[0, 0] == scores[0, 0]
    assert found[0, 1] != scores[0, 1]
