import numpy as np
import pytest

from triage.domain.age import years_of


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("61", 61),
        ("061Y", 61),
        ("61 years", 61),
        ("1-5y", 5),
        ("036M", 3),
        ("24 months", 2),
        ("26 W", 0.5),
        ("000D", 0),
        ("3.25", 3.25),
    ],
)
def test_an_age_is_read_however_it_is_written(text: str, years: float) -> None:
    assert years_of(text) == years


@pytest.mark.parametrize("text", ["", "unknown", "3 or 4", "-3", "61 stones"])
def test_an_age_that_cannot_be_read_is_no_number(text: str) -> None:
    assert np.isnan(years_of(text))
