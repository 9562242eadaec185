import pytest
import torch

from triage.infer.calibration import probabilities


def test_a_temperature_of_one_is_the_plain_sigmoid() -> None:
    logits = torch.linspace(-9, 9, 19)

    torch.testing.assert_close(
        probabilities(logits, temperature=1.0), torch.sigmoid(logits.double())
    )


@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_a_huge_logit_stays_within_zero_and_one(logit: float) -> None:
    found = float(probabilities(torch.tensor(logit), temperature=0.5))

    assert found in (0.0, 1.0)
