"""Failure reasons in words."""

import pytest

from triage.domain.commitment import FAILURE_REASONS, why


@pytest.mark.parametrize("reason", FAILURE_REASONS)
def test_every_reason_of_the_standard_has_words(reason: int) -> None:
    assert why(reason) == f"{reason:#06x}: {FAILURE_REASONS[reason]}"


def test_another_reason_is_shown_as_it_is() -> None:
    assert why(0x9999) == "0x9999: reason unknown to the standard"
